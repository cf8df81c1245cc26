import type {
  APIApplicationCommandAutocompleteInteraction,
  APIApplicationCommandOptionChoice,
} from 'discord-api-types/v10';
import { CHARACTERS } from '../../../core/characters.ts';
import { recentTopics } from '../../../db/threads.ts';
import type { TutorOption } from './commands.ts';
import type { Visit } from './visit.ts';

type Choice = APIApplicationCommandOptionChoice<string>;

const OFFERED = 25;
const CHARACTERS_SHOWN = 100;
/** Somebody is typing: what comes later than that is for nothing. */
const PATIENCE_MS = 1_000;

/** What is offered while somebody fills in `/tutor start`. Never fails: then less is offered. */
export async function suggestions(
  visitor: Pick<Visit, 'bot' | 'sender'>,
  { data }: APIApplicationCommandAutocompleteInteraction,
): Promise<Choice[]> {
  const options = data.options.flatMap((option) => ('options' in option ? (option.options ?? []) : [option]));
  const focused = options.find((option) => 'focused' in option && option.focused);
  const typed = focused && 'value' in focused ? String(focused.value) : '';
  if (focused?.name === ('persona' satisfies TutorOption)) {
    return matching(
      CHARACTERS.map(({ name, label }) => ({ name: label, value: name })),
      typed,
    );
  }
  const topics = [...(await pastTopics(visitor)), ...visitor.bot.curriculum.packs.map(({ title }) => title)];
  return matching(
    [...new Set(topics)].map((topic) => ({ name: topic, value: topic })),
    typed,
  );
}

async function pastTopics({ bot, sender: { workspace, learner } }: Pick<Visit, 'bot' | 'sender'>): Promise<string[]> {
  const patience = new Promise<string[]>((resolve) => setTimeout(resolve, PATIENCE_MS, []).unref());
  try {
    return await Promise.race([recentTopics(bot.db, 'discord', workspace.id, learner.id, OFFERED), patience]);
  } catch (error) {
    bot.log.warn({ err: error }, 'past topics could not be offered');
    return [];
  }
}

/** Their own words first, if they are none of these: they may want something else. */
function matching(choices: readonly Choice[], typed: string): Choice[] {
  const wanted = typed.trim().toLowerCase();
  const fitting = choices.filter(({ name }) => name.toLowerCase().includes(wanted));
  const own = typed.trim().slice(0, CHARACTERS_SHOWN);
  const isNew = own !== '' && !fitting.some(({ name }) => name.toLowerCase() === wanted);
  return [...(isNew ? [{ name: own, value: own }] : []), ...fitting]
    .map(({ name, value }) => ({ name: name.slice(0, CHARACTERS_SHOWN), value: value.slice(0, CHARACTERS_SHOWN) }))
    .slice(0, OFFERED);
}
