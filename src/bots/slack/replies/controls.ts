import type { ActionsBlock, Button, ContextActionsBlock, PlainTextOption } from '@slack/types';
import type { AskedQuestion, CommandName, Reply } from '../../../core/messages.ts';
import { canBeHeard } from '../../hearing.ts';
import { oneLine } from '../../lines.ts';
import { cut } from '../../split.ts';
import type { Translate, WordKey } from '../../words.ts';
import { plainText } from './escape.ts';
import { actionIdOf, type ButtonAction, encode, feedbackIdOf } from './presses.ts';

/** What can be pressed below a reply. Pure. */

export interface RenderContext {
  /** The thread that a press belongs to. */
  threadId: string;
  words: Translate;
  /** Replies can be listened to. */
  canSpeak?: boolean;
}

type Choice = AskedQuestion['choices'][number];

const CHOICE_BUTTONS = 10;
const MENU_OPTIONS = 100;
const VALUE_OF_OPTION = 150;
const LABEL_LIMIT = 75;
/** Slack cuts what is longer on a button, though it takes it. */
const WHOLE_LABEL = 30;

/** Choices have a block of their own, which goes away when one is made. */
export function controlsOf(reply: Reply, context: RenderContext): ActionsBlock[] {
  const { commands, question } = reply;
  const isPlan = reply.kind === 'plan' && commands.includes('approve');
  const buttons = [
    ...(question ? answerButton(question, context) : []),
    ...commands.flatMap((command) => commandButton(command, context)),
    ...(isPlan ? button({ type: 'change' }, 'buttons.change', context) : []),
    ...(context.canSpeak && canBeHeard(reply) ? listenButton(context) : []),
  ];
  return [...(question ? choicesOf(question, context) : []), ...inBlock(buttons)];
}

export function cardControls({ commands }: Reply, context: RenderContext): ActionsBlock[] {
  return inBlock(commands.flatMap((command) => commandButton(command, context)));
}

/** What people think of it, for those who look after the tutor. */
export function feedbackOf({ threadId, words }: RenderContext): ContextActionsBlock[] {
  const id = feedbackIdOf(threadId);
  if (!id) return [];
  return [
    {
      type: 'context_actions',
      elements: [
        {
          type: 'feedback_buttons',
          action_id: id,
          positive_button: { text: plainText(words('feedback.good'), LABEL_LIMIT), value: 'good' },
          negative_button: { text: plainText(words('feedback.bad'), LABEL_LIMIT), value: 'bad' },
        },
      ],
    },
  ];
}

/** The letter by which a choice can be typed. */
export function letterOf({ id }: Choice): string {
  return cut(oneLine(id).toUpperCase(), 10) || '·';
}

/** Whether the buttons say the choices whole, so that the message need not. A label shows every character as it is. */
export function areOnButtons({ choices, prompt }: AskedQuestion, controls: readonly ActionsBlock[]): boolean {
  const labels = controls.flatMap(({ elements }) =>
    elements.map((each) => (each.type === 'button' ? each.text.text : '')),
  );
  return prompt.trim() !== '' && choices.every((choice) => fitsButton(choice) && labels.includes(labelOf(choice).text));
}

function fitsButton(choice: Choice): boolean {
  const { text } = choice;
  return text.trim() !== '' && !/[`\n]/.test(text.trim()) && labelOf(choice).text.length <= WHOLE_LABEL;
}

function labelOf(choice: Choice) {
  return plainText(`${letterOf(choice)} · ${oneLine(choice.text)}`, LABEL_LIMIT);
}

/** None where a value is too long to fit: a choice can be typed as well. */
function choicesOf(question: AskedQuestion, { threadId, words }: RenderContext): ActionsBlock[] {
  const { id: questionId, choices } = question;
  const isMenu = choices.length > CHOICE_BUTTONS;
  const areShort = choices.every(fitsButton);
  const options = new Map<string, PlainTextOption>();
  for (const choice of choices) {
    const action = { type: 'choice' as const, questionId, choiceId: choice.id };
    const value = encode({ threadId, action }, isMenu ? VALUE_OF_OPTION : undefined);
    const text = isMenu || areShort ? labelOf(choice) : plainText(letterOf(choice), LABEL_LIMIT);
    if (value && options.size < MENU_OPTIONS) options.set(value, { text, value });
  }
  if (options.size === 0 || (!isMenu && choices.length !== options.size)) return [];
  if (!isMenu) return inBlock([...options.values()].map(asButton));
  const placeholder = plainText(words('buttons.choose'), 150);
  const menu = {
    type: 'static_select' as const,
    action_id: actionIdOf('pick'),
    placeholder,
    options: [...options.values()],
  };
  return [{ type: 'actions', elements: [menu] }];
}

function asButton({ text, value = '' }: PlainTextOption, index: number): Button {
  return { type: 'button', action_id: actionIdOf('choice', index), text, value };
}

/** Where many words are an answer: a modal to answer in. */
function answerButton({ id, kind }: AskedQuestion, context: RenderContext): Button[] {
  if (kind !== 'open') return [];
  const toWrite = (questionId: string) => button({ type: 'write', questionId }, 'buttons.write', context, 'primary');
  const direct = toWrite(id);
  return direct.length > 0 ? direct : toWrite('');
}

const STYLES: Partial<Record<CommandName, 'primary' | 'danger'>> = {
  approve: 'primary',
  resume: 'primary',
  end: 'danger',
};

function commandButton(command: CommandName, context: RenderContext): Button[] {
  return button({ type: command }, `buttons.${command}`, context, STYLES[command]);
}

function listenButton(context: RenderContext): Button[] {
  const text = plainText(`🔊 ${context.words('buttons.listen')}`, LABEL_LIMIT);
  return button({ type: 'listen' }, 'buttons.listen', context).map((each) => ({ ...each, text }));
}

/** None where its value is too long to fit. */
function button(
  action: ButtonAction,
  label: WordKey,
  { threadId, words }: RenderContext,
  style?: 'primary' | 'danger',
): Button[] {
  const value = encode({ threadId, action });
  if (!value) return [];
  const text = plainText(words(label), LABEL_LIMIT);
  return [{ type: 'button', action_id: actionIdOf(action.type), text, value, ...(style && { style }) }];
}

/** Each id once, as Slack demands. */
function inBlock(buttons: readonly Button[]): ActionsBlock[] {
  const distinct = [...new Map(buttons.map((each) => [each.action_id, each])).values()];
  return distinct.length > 0 ? [{ type: 'actions', elements: distinct }] : [];
}
