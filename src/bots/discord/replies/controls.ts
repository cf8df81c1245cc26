import {
  type APIActionRowComponent,
  type APIComponentInMessageActionRow,
  type APISelectMenuOption,
  type APIStringSelectComponent,
  type APIButtonComponentWithCustomId as Button,
  ButtonStyle,
  ComponentType,
} from 'discord-api-types/v10';
import type { AskedQuestion, CommandName, Reply } from '../../../core/messages.ts';
import { canBeHeard } from '../../hearing.ts';
import { oneLine } from '../../lines.ts';
import { cut } from '../../split.ts';
import type { Translate, WordKey } from '../../words.ts';
import { type ButtonAction, encode } from './buttons.ts';

/** What can be pressed below a reply. Pure. */

export interface RenderContext {
  /** The thread that a press belongs to. */
  threadId: string;
  words: Translate;
  /** The bot cannot read what is typed, so that there has to be a button to write with. */
  needsButtons: boolean;
  /** Replies can be listened to. */
  canSpeak?: boolean;
}

export type Row = APIActionRowComponent<APIComponentInMessageActionRow>;

type Choice = AskedQuestion['choices'][number];

const ROWS = 5;
const ROW_BUTTONS = 5;
const MENU_OPTIONS = 25;
const CHOICE_BUTTONS = 10;
const OPTION_LIMIT = 100;
/** Of a choice that a button shows whole, also on a phone. */
const CHOICE_LABEL = 40;

/** At most five rows: there are not enough commands for more, and choices that would take two become a menu. */
export function controlsOf(reply: Reply, context: RenderContext): Row[] {
  const { commands, question } = reply;
  const toAnswer = answerButton(reply, context);
  const isPlan = reply.kind === 'plan' && commands.includes('approve');
  const isMute = context.needsButtons && toAnswer.length === 0;
  const buttons = [
    ...toAnswer,
    ...commands.flatMap((command) => commandButton(command, context)),
    ...(isPlan ? button({ type: 'change' }, 'buttons.change', ButtonStyle.Secondary, context) : []),
    ...(isMute
      ? button({ type: 'write', questionId: '' }, 'buttons.writeToTutor', ButtonStyle.Secondary, context)
      : []),
  ];
  const rows = inRows(buttons);
  const choices = question ? choiceRows(question, rows.length, context) : [];
  const withListening = inRows([...buttons, ...listenButton(reply, context)]);
  // It is left out where there is no room for it.
  return [...choices, ...(choices.length + withListening.length <= ROWS ? withListening : rows)];
}

function listenButton(reply: Reply, context: RenderContext): Button[] {
  if (!context.canSpeak || !canBeHeard(reply)) return [];
  const listen = button({ type: 'listen' }, 'buttons.listen', ButtonStyle.Secondary, context);
  return listen.map((each) => ({ ...each, emoji: { name: '🔊' } }));
}

/** A button to write with, for a message of the bot's own. */
export function writeControl(context: RenderContext): Row[] {
  return inRows(button({ type: 'write', questionId: '' }, 'buttons.writeToTutor', ButtonStyle.Primary, context));
}

export function cardControls(reply: Reply, context: RenderContext): Row[] {
  return inRows(reply.commands.flatMap((command) => commandButton(command, context)));
}

/** The letter by which a choice can be typed. */
export function letterOf({ id }: Choice): string {
  return cut(oneLine(id).toUpperCase(), 10) || '·';
}

/** Whether the buttons say the choices whole, so that the message need not. A label shows every character as it is. */
export function areOnButtons({ choices, prompt }: AskedQuestion, rows: readonly Row[]): boolean {
  const labels = rows.flatMap((row) => row.components.flatMap((each) => ('label' in each ? [each.label] : [])));
  return prompt.trim() !== '' && choices.every((choice) => fitsButton(choice) && labels.includes(labelOf(choice)));
}

function fitsButton({ text }: Choice): boolean {
  return text.trim() !== '' && text.length <= CHOICE_LABEL && !/[`\n]/.test(text.trim());
}

function labelOf(choice: Choice): string {
  return `${letterOf(choice)} · ${oneLine(choice.text)}`;
}

/** No rows where an id is too long to fit: a choice can be typed as well. */
function choiceRows(question: AskedQuestion, otherRows: number, context: RenderContext): Row[] {
  const { choices } = question;
  const rows = Math.ceil(choices.length / ROW_BUTTONS);
  if (choices.length > CHOICE_BUTTONS || rows + otherRows > ROWS) return choiceMenu(question, context);
  const areShort = choices.every(fitsButton);
  const buttons = choices.flatMap((choice): Button[] => {
    const id = encode({
      threadId: context.threadId,
      action: { type: 'choice', questionId: question.id, choiceId: choice.id },
    });
    const label = areShort ? labelOf(choice) : letterOf(choice);
    return id ? [{ type: ComponentType.Button, style: ButtonStyle.Secondary, custom_id: id, label }] : [];
  });
  return buttons.length === choices.length ? inRows(buttons) : [];
}

function choiceMenu({ id, choices }: AskedQuestion, { threadId, words }: RenderContext): Row[] {
  const customId = encode({ threadId, action: { type: 'pick', questionId: id } });
  const options = new Map<string, APISelectMenuOption>();
  for (const choice of choices) {
    if (choice.id === '' || choice.id.length > OPTION_LIMIT || options.size === MENU_OPTIONS) continue;
    options.set(choice.id, { value: choice.id, label: cut(labelOf(choice), OPTION_LIMIT) });
  }
  if (!customId || options.size === 0) return [];
  const menu: APIStringSelectComponent = {
    type: ComponentType.StringSelect,
    custom_id: customId,
    placeholder: words('buttons.choose'),
    options: [...options.values()],
  };
  return [{ type: ComponentType.ActionRow, components: [menu] }];
}

/** Where many words are an answer, or where typing is not read: a modal to answer in. */
function answerButton({ question }: Reply, context: RenderContext): Button[] {
  if (!question || question.kind === 'choice' || (question.kind !== 'open' && !context.needsButtons)) return [];
  const toWrite = (questionId: string) =>
    button({ type: 'write', questionId }, 'buttons.write', ButtonStyle.Primary, context);
  const direct = toWrite(question.id);
  return direct.length > 0 ? direct : toWrite('');
}

const STYLES: Partial<Record<CommandName, Button['style']>> = {
  approve: ButtonStyle.Primary,
  resume: ButtonStyle.Primary,
  end: ButtonStyle.Danger,
};

function commandButton(command: CommandName, context: RenderContext): Button[] {
  return button({ type: command }, `buttons.${command}`, STYLES[command] ?? ButtonStyle.Secondary, context);
}

/** None where its id is too long to fit. */
function button(
  action: ButtonAction,
  label: WordKey,
  style: Button['style'],
  { threadId, words }: RenderContext,
): Button[] {
  const id = encode({ threadId, action });
  return id ? [{ type: ComponentType.Button, style, custom_id: id, label: words(label) }] : [];
}

/** Each id once, as Discord demands. */
function inRows(buttons: readonly Button[]): Row[] {
  const distinct = [...new Map(buttons.map((each) => [each.custom_id, each])).values()];
  return Array.from({ length: Math.ceil(distinct.length / ROW_BUTTONS) }, (_, row) => ({
    type: ComponentType.ActionRow,
    components: distinct.slice(row * ROW_BUTTONS, (row + 1) * ROW_BUTTONS),
  }));
}
