/** Scripted people: they write, run commands and press what they see, and can do nothing that Discord's app cannot. */
import {
  type APIApplicationCommandOptionChoice,
  ApplicationCommandType,
  ButtonStyle,
  ComponentType,
  InteractionType,
  MessageFlags,
} from 'discord-api-types/v10';
import { type AnyComponent, allComponents } from './component-forms.ts';
import { beginInteraction } from './interactions.ts';
import { deleteMessage, editMessage, postMessage } from './messages.ts';
import { may, sees } from './permissions.ts';
import { findCommand, type OptionValue, slashData } from './picker.ts';
import { entitlementsFor } from './premium.ts';
import { subscribe } from './premium-handle.ts';
import { directChannel } from './routes-about.ts';
import { type ShownMessage, show } from './shown.ts';
import { type Channel, known, type Message, type State, type StoredFile, type User } from './state.ts';
import { addToThread, startThread, startThreadOn } from './threads.ts';
import { type Used, usedOf } from './used.ts';
import { type Talking, talking } from './voice/people.ts';
import { messageWire } from './wire.ts';

/** A channel, thread or message of the twin: anything with its id. */
interface Known {
  id: string;
}

export interface Person extends Talking {
  id: string;
  name: string;
  /** Their direct channel with the bot. */
  dm(): Known;
  closesDms(): void;
  says(
    channel: Known,
    content: string,
    more?: { attachments?: StoredFile[]; mentionsBot?: boolean; answers?: Known },
  ): ShownMessage;
  /** A voice message, as the app records it. */
  speaks(channel: Known, recorded: Recorded): ShownMessage;
  edits(message: Known, content: string): void;
  deletes(message: Known): void;
  startsThread(from: Known, name: string): Known;
  joins(thread: Known): void;
  /** A slash command, with its subcommand: "tutor start". */
  runs(channel: Known, command: string, options?: Record<string, OptionValue>): Used;
  /** What is offered while they type an option. */
  completes(
    channel: Known,
    command: string,
    option: string,
    typed: string,
    others?: Record<string, OptionValue>,
  ): Promise<readonly Pick<APIApplicationCommandOptionChoice, 'name' | 'value'>[]>;
  /** An entry of a message's menu. */
  usesOnMessage(command: string, message: Known): Used;
  /** A button by its label or custom id. */
  presses(message: Known, button: string): Used;
  selects(message: Known, customId: string, values: string[]): Used;
  /** Presses the button that sells something, and pays: for the guild where it is, or for themselves. */
  buys(message: Known): Known;
}

export function createPerson(state: State, user: User): Person {
  return {
    id: user.id,
    name: user.name,
    dm: () => ({ id: directChannel(state, user.id).id }),
    closesDms() {
      user.closedDms = true;
    },
    ...writing(state, user),
    ...talking(state, user, (at) => placeOf(state, user, at)),
    ...commanding(state, user),
    presses(at, name) {
      const message = seenBy(state, user, at);
      const buttons = componentsOf(message).filter(({ type }) => type === ComponentType.Button);
      const button = buttons.find((each) => each.custom_id === name) ?? buttons.find((each) => each.label === name);
      const labels = buttons.map(({ label }) => label).join(', ');
      if (!button) throw new Error(`there is no button "${name}", only: ${labels}`);
      if (button.disabled) throw new Error(`the button "${name}" is disabled`);
      if (button.style === ButtonStyle.Premium) throw new Error(`the button "${name}" sells something`);
      if (button.style === ButtonStyle.Link) throw new Error(`the button "${name}" is a link`);
      return use(state, user, message, button, {});
    },
    selects(at, customId, values) {
      const message = seenBy(state, user, at);
      const selects = componentsOf(message).filter(({ type }) => type !== ComponentType.Button);
      const select = selects.find((each) => each.custom_id === customId);
      if (!select) throw new Error(`there is no select "${customId}"`);
      checkSelection(select, values);
      return use(state, user, message, select, { values });
    },
    buys: (at) => buy(state, user, seenBy(state, user, at)),
  };
}

/** The bot hears nothing of the button, only of what was bought. */
function buy(state: State, user: User, message: Message): Known {
  const button = componentsOf(message).find(({ style }) => style === ButtonStyle.Premium);
  if (!button || button.disabled) throw new Error('there is nothing to buy');
  const sku = known(state.premium.skus, button.sku_id ?? '');
  const { guildId } = known(state.channels, message.channelId);
  if (sku.isForGuilds && guildId === null) throw new Error(`"${sku.name}" is bought in a guild`);
  const owned = entitlementsFor(state, user.id, guildId);
  if (owned.some(({ skuId }) => skuId === sku.id)) throw new Error(`"${sku.name}" was bought already`);
  return { id: subscribe(state, sku.isForGuilds ? (guildId ?? '') : user.id, sku.id, user.id).id };
}

function commanding(state: State, user: User): Pick<Person, 'runs' | 'completes' | 'usesOnMessage'> {
  return {
    runs(at, command, options = {}) {
      const channel = placeOf(state, user, at);
      const data = slashData(state, user, channel, command, options, null);
      const type = InteractionType.ApplicationCommand;
      return usedOf(state, beginInteraction(state, { type, user, channel, data }));
    },
    async completes(at, command, option, typed, others = {}) {
      const channel = placeOf(state, user, at);
      const data = slashData(state, user, channel, command, { ...others, [option]: typed }, option);
      const type = InteractionType.ApplicationCommandAutocomplete;
      const interaction = beginInteraction(state, { type, user, channel, data });
      await interaction.acknowledged.promise;
      return interaction.choices ?? [];
    },
    usesOnMessage(name, at) {
      const message = seenBy(state, user, at);
      const channel = known(state.channels, message.channelId);
      const command = findCommand(state, user, channel, ApplicationCommandType.Message, name);
      const resolved = { messages: { [message.id]: messageWire(state, message, true) } };
      const data = { id: command.id, name, type: command.type, target_id: message.id, resolved };
      return usedOf(state, beginInteraction(state, { type: InteractionType.ApplicationCommand, user, channel, data }));
    },
  };
}

interface Recorded {
  bytes: Uint8Array;
  seconds: number;
  /** Base64. */
  waveform: string;
}

type Writes = 'says' | 'speaks' | 'edits' | 'deletes' | 'startsThread' | 'joins';

function writing(state: State, user: User): Pick<Person, Writes> {
  return {
    speaks(at, { bytes, seconds, waveform }) {
      const filename = 'voice-message.ogg';
      const attachments = [{ id: 0, filename, duration_secs: seconds, waveform }];
      const form = { flags: MessageFlags.IsVoiceMessage, attachments };
      const files = [{ name: filename, type: 'audio/ogg', bytes, index: 0 }];
      return show(postMessage(state, placeOf(state, user, at), user, { form, files }));
    },
    says(at, content, { attachments = [], mentionsBot = false, answers } = {}) {
      const channel = placeOf(state, user, at);
      if (!may(state, user.id, channel, channel.thread ? 'SendMessagesInThreads' : 'SendMessages')) {
        throw new Error(`${user.name} may not write there`);
      }
      const form = {
        content: mentionsBot ? `<@${state.bot.id}> ${content}` : content,
        ...(answers && { message_reference: { message_id: answers.id } }),
      };
      const files = attachments.map((file, index) => ({ ...file, index }));
      return show(postMessage(state, channel, user, { form, files }));
    },
    edits(at, content) {
      editMessage(state, ownOf(state, user, at), { form: { content }, files: [] });
    },
    deletes(at) {
      deleteMessage(state, ownOf(state, user, at));
    },
    startsThread(from, name) {
      const message = state.messages.get(from.id);
      const thread = message
        ? startThreadOn(state, seenBy(state, user, from), user, { name })
        : startThread(state, placeOf(state, user, from), user, { name, type: 11 });
      return { id: thread.id };
    },
    joins(thread) {
      addToThread(state, placeOf(state, user, thread), user, user);
    },
  };
}

function placeOf(state: State, user: User, at: Known): Channel {
  const channel = state.channels.get(at.id);
  if (!channel || !sees(state, user.id, channel)) throw new Error(`${user.name} sees no channel ${at.id}`);
  return channel;
}

function seenBy(state: State, user: User, at: Known): Message {
  const message = state.messages.get(at.id);
  const isSeen = message && (message.onlyFor === null || message.onlyFor === user.id);
  if (!isSeen || !sees(state, user.id, known(state.channels, message.channelId))) {
    throw new Error(`${user.name} sees no message ${at.id}`);
  }
  return message;
}

function ownOf(state: State, user: User, at: Known): Message {
  const message = seenBy(state, user, at);
  if (message.author.id !== user.id) throw new Error(`the message ${at.id} is not by ${user.name}`);
  return message;
}

type Usable = AnyComponent & {
  disabled?: boolean;
  style?: ButtonStyle;
  options?: { value: string }[];
  min_values?: number;
  max_values?: number;
};

function componentsOf(message: Message): Usable[] {
  return allComponents(message.components);
}

function checkSelection(
  { custom_id, disabled, options, min_values: min = 1, max_values: max = 1 }: Usable,
  values: string[],
): void {
  if (disabled) throw new Error(`the select "${custom_id}" is disabled`);
  const unknown = options && values.find((value) => !options.some((each) => each.value === value));
  if (unknown !== undefined) throw new Error(`the select "${custom_id}" has no option "${unknown}"`);
  if (values.length < min || values.length > max) throw new Error(`the select "${custom_id}" takes ${min} to ${max}`);
}

function use(state: State, user: User, source: Message, { type, id, custom_id }: Usable, more: object): Used {
  const channel = known(state.channels, source.channelId);
  const data = { component_type: type, id, custom_id, ...more } as object;
  return usedOf(
    state,
    beginInteraction(state, { type: InteractionType.MessageComponent, user, channel, data, source }),
  );
}
