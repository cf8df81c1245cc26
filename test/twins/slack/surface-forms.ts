/** What no single block can see: where it may stand, and what blocks may hold together. */

export type Surface = 'message' | 'modal' | 'home';

const MAX_BLOCKS: Record<Surface, number> = { message: 50, modal: 100, home: 100 };
/** Of one payload: of each markdown block in it, and of all of them. */
export const MAX_MARKDOWN = 12_000;
const MAX_IN_TABLES = 10_000;

/** Blocks and elements that not every surface takes. */
const ONLY_IN: Record<string, readonly Surface[]> = {
  alert: ['modal'],
  carousel: ['message', 'home'],
  container: ['message'],
  context_actions: ['message'],
  data_table: ['message'],
  markdown: ['message'],
  plan: ['message'],
  table: ['message'],
  task_card: ['message'],
  datetimepicker: ['message', 'modal'],
  email_text_input: ['modal'],
  file_input: ['modal'],
  number_input: ['modal'],
  rich_text_input: ['modal', 'home'],
  url_text_input: ['modal'],
};

/** A block or an element, as far as it can be told before it is known to be right. */
interface Part {
  type?: unknown;
  [field: string]: unknown;
}

function partsIn(list: unknown, path: string): [Part, string][] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((each, index) => (isPart(each) ? [[each, `${path}/${index}`]] : []));
}

function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** All blocks, from the outside in and from first to last, each with its path. */
function* walk(blocks: unknown, path: string): Generator<[Part, string]> {
  for (const [block, at] of partsIn(blocks, path)) {
    yield [block, at];
    if (block.type === 'container') yield* walk(block.child_blocks, `${at}/child_blocks`);
    if (block.type === 'carousel') yield* walk(block.elements, `${at}/elements`);
    if (block.type === 'plan') yield* walk(block.tasks, `${at}/tasks`);
  }
}

/** What can be pressed, chosen or filled in, in one block. */
function elementsOf(block: Part, path: string): [Part, string][] {
  const lists = block.type === 'actions' || block.type === 'context_actions' ? ['elements'] : ['actions'];
  return [
    ...lists.flatMap((field) => partsIn(block[field], `${path}/${field}`)),
    ...['element', 'accessory'].flatMap((field): [Part, string][] => {
      const element = block[field];
      return isPart(element) ? [[element, `${path}/${field}`]] : [];
    }),
  ];
}

export function crossComplaints(blocks: unknown, surface: Surface, path: string): string[] {
  const all = [...walk(blocks, path)];
  const most = MAX_BLOCKS[surface];
  const count = Array.isArray(blocks) ? blocks.length : 0;
  return [
    ...(count > most ? [`${path}: no more than ${most} items allowed`] : []),
    ...all.flatMap(([block, at]) => [[block, at] as const, ...elementsOf(block, at)]).flatMap(misplaced(surface)),
    ...repeated(all, 'block_id'),
    ...all.flatMap(([block, at]) => repeated(elementsOf(block, at), 'action_id')),
    ...tooMuchMarkdown(all),
    ...tooManyTables(all),
  ];
}

function misplaced(surface: Surface) {
  return ([part, at]: readonly [Part, string]) => {
    const allowed = ONLY_IN[String(part.type)];
    return allowed && !allowed.includes(surface) ? [`${at}: unsupported type: ${part.type} (surface: ${surface})`] : [];
  };
}

function repeated(parts: readonly [Part, string][], field: 'block_id' | 'action_id'): string[] {
  const seen = new Set<unknown>();
  return parts.flatMap(([part, at]) => {
    const id = part[field];
    if (id === undefined) return [];
    if (seen.has(id)) return [`${at}/${field}: ${field} "${id}" already exists for another element`];
    seen.add(id);
    return [];
  });
}

/** All markdown blocks of a payload share one allowance. A block that is too long by itself complains by itself. */
function tooMuchMarkdown(all: readonly [Part, string][]): string[] {
  let length = 0;
  return all.flatMap(([{ type, text }, at]) => {
    if (type !== 'markdown' || typeof text !== 'string' || text.length > MAX_MARKDOWN) return [];
    length += text.length;
    return length > MAX_MARKDOWN ? [`${at}/text: must be less than ${MAX_MARKDOWN + 1} characters in all blocks`] : [];
  });
}

function tooManyTables(all: readonly [Part, string][]): string[] {
  const tables = all.filter(([{ type }]) => type === 'table');
  return tables.flatMap(([table, at], index) => [
    ...(index > 0 ? [`${at}: only_one_table_allowed`] : []),
    ...(lengthIn(table.rows) > MAX_IN_TABLES ? [`${at}/rows: must be less than ${MAX_IN_TABLES + 1} characters`] : []),
  ]);
}

function lengthIn(cells: unknown): number {
  if (typeof cells !== 'object' || cells === null) return 0;
  return Object.entries(cells)
    .map(([key, part]) => (key === 'text' && typeof part === 'string' ? part.length : lengthIn(part)))
    .reduce((sum, length) => sum + length, 0);
}

/** The elements that ask for the cursor when a view opens. */
export function focused(blocks: unknown, path: string): string[] {
  return [...walk(blocks, path)]
    .flatMap(([block, at]) => elementsOf(block, at))
    .flatMap(([element, at]) => (element.focus_on_load === true ? [at] : []));
}

export function hasInputs(blocks: unknown): boolean {
  return [...walk(blocks, '')].some(([{ type }]) => type === 'input');
}
