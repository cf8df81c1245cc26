/**
 * The encrypted group of a voice channel, as its voice server knows it (DAVE, version 1): it passes messages between
 * members, proposes who comes and who goes, and says when all go over to new keys. It never has a key itself.
 */
import { VoiceOpcodes } from 'discord-api-types/voice/v8';
import { type Change, type Commit, createExternalSender, readCommit, uint, vector } from './mls.ts';

export interface DaveMember {
  userId: string;
  isBot: boolean;
  tell(op: VoiceOpcodes, data: object): void;
  tellBytes(op: VoiceOpcodes, payload: Buffer): void;
}

export interface DaveGroup {
  /** Those who are in it, and have its keys. */
  memberIds(): string[];
  epoch(): number;
  /** Nothing is under way: all of them have the keys of this epoch. */
  isSettled(): boolean;
  enter(member: DaveMember): void;
  leave(userId: string): void;
  takeKeyPackage(userId: string, keyPackage: Buffer): void;
  /** A commit, and a welcome for those who come. Throws when it is none. */
  takeCommit(userId: string, bytes: Buffer): void;
  /** Somebody has the keys of a transition. */
  ready(userId: string, transitionId: number): void;
  /** Somebody could not read a commit or a welcome. */
  reject(userId: string): void;
}

interface Proposed {
  /** Whom the changes were proposed to; they commit to them. */
  asked: Set<string>;
  /** Null for the first two, each of whom may add the other. */
  change: { added: string } | { removed: string } | null;
  /** By a person, while a bot that was asked has not answered: the bot's comes first. */
  held: { userId: string; commit: Commit } | null;
}

interface Group {
  channelId: string;
  sender: ReturnType<typeof createExternalSender>;
  members: Map<string, DaveMember>;
  keyPackages: Map<string, Buffer>;
  /** By index; null where somebody was removed. */
  leaves: (string | null)[];
  /** 0 for as long as nobody has founded the group. */
  epoch: number;
  proposed: Proposed | null;
  transition: { id: number; waiting: Set<string> } | null;
  lastTransition: number;
  /** Members who lost track: they are removed, and come again. */
  lost: Set<string>;
  timer: NodeJS.Timeout | undefined;
}

const PROTOCOL = 1;
const APPEND = 0;
/** Who has not answered by then is not waited for: a connection may have broken with the answer in it. */
const PATIENCE_MS = 500;

export function createDaveGroup(channelId: string): DaveGroup {
  const group: Group = {
    ...{ channelId, sender: createExternalSender() },
    ...{ members: new Map(), keyPackages: new Map(), leaves: [], epoch: 0 },
    ...{ proposed: null, transition: null, lastTransition: 0, lost: new Set(), timer: undefined },
  };
  return {
    memberIds: () => insiders(group).map(({ userId }) => userId),
    epoch: () => group.epoch,
    isSettled: () => group.proposed === null && group.transition === null,
    enter(member) {
      group.members.set(member.userId, member);
      member.tellBytes(VoiceOpcodes.DaveMlsExternalSender, group.sender.package);
    },
    leave: (userId) => leave(group, userId),
    takeKeyPackage(userId, keyPackage) {
      group.keyPackages.set(userId, keyPackage);
      proceed(group);
    },
    takeCommit(userId, bytes) {
      const commit = readCommit(bytes);
      if (isWinner(group, userId, commit)) accept(group, userId, commit);
    },
    ready(userId, transitionId) {
      if (group.transition?.id === transitionId) group.transition.waiting.delete(userId);
      proceed(group);
    },
    reject(userId) {
      if (group.leaves.includes(userId)) group.lost.add(userId);
      group.keyPackages.delete(userId);
      group.transition?.waiting.delete(userId);
      proceed(group);
    },
  };
}

/** Members of the group who are still there. */
function insiders({ leaves, members, lost }: Group): DaveMember[] {
  return leaves.flatMap((id) => {
    const member = id !== null && !lost.has(id) && members.get(id);
    return member ? [member] : [];
  });
}

function leave(group: Group, userId: string): void {
  group.members.delete(userId);
  group.keyPackages.delete(userId);
  group.transition?.waiting.delete(userId);
  const wasAsked = group.proposed?.asked.delete(userId);
  const isAlone = group.epoch > 0 && insiders(group).length <= 1;
  if (isAlone || (group.epoch === 0 && wasAsked)) {
    startAgain(group);
    return;
  }
  const held = group.proposed?.held;
  if (held && group.members.has(held.userId) && isWinner(group, held.userId, held.commit)) {
    accept(group, held.userId, held.commit);
  }
  proceed(group);
}

/** Goes on without those who do not answer. */
function waitForAnswers(group: Group): void {
  clearTimeout(group.timer);
  group.timer = setTimeout(() => {
    const held = group.proposed?.held;
    if (held && group.members.has(held.userId)) {
      accept(group, held.userId, held.commit);
      return;
    }
    group.transition?.waiting.clear();
    proceed(group);
  }, PATIENCE_MS).unref();
}

/** Nobody keeps a group for themselves: who is left begins anew, with a new key package. */
function startAgain(group: Group): void {
  Object.assign(group, { leaves: [], epoch: 0, proposed: null, transition: null });
  group.keyPackages.clear();
  group.lost.clear();
  for (const member of group.members.values()) {
    member.tell(VoiceOpcodes.DavePrepareEpoch, { protocol_version: PROTOCOL, epoch: 1 });
    member.tell(VoiceOpcodes.DavePrepareTransition, { protocol_version: PROTOCOL, transition_id: 0 });
  }
}

/** Does what is next: one change at a time, and none before all have the keys of the last. */
function proceed(group: Group): void {
  if (group.transition && group.transition.waiting.size === 0) {
    const { id } = group.transition;
    group.transition = null;
    for (const member of insiders(group)) member.tell(VoiceOpcodes.DaveExecuteTransition, { transition_id: id });
  }
  if (group.transition || group.proposed) return;
  const coming = [...group.keyPackages].filter(([id]) => group.members.has(id) && !group.leaves.includes(id));
  if (group.epoch === 0) {
    const [one, other] = coming;
    if (one && other) found(group, one, other);
    return;
  }
  const leaf = group.leaves.findIndex((id) => id !== null && (!group.members.has(id) || group.lost.has(id)));
  const removed = group.leaves[leaf];
  if (removed) propose(group, { removed }, { remove: leaf });
  else if (coming[0]) propose(group, { added: coming[0][0] }, { add: coming[0][1] });
}

type Coming = [userId: string, keyPackage: Buffer];

function found(group: Group, one: Coming, other: Coming): void {
  group.proposed = { asked: new Set([one[0], other[0]]), change: null, held: null };
  waitForAnswers(group);
  send(group, one[0], { add: other[1] });
  send(group, other[0], { add: one[1] });
}

function propose(group: Group, change: Proposed['change'], proposal: Change): void {
  const asked = insiders(group);
  group.proposed = { asked: new Set(asked.map(({ userId }) => userId)), change, held: null };
  waitForAnswers(group);
  // The same bytes for all: a commit names a proposal by its hash, and a signature is never made twice.
  const message = group.sender.propose(group.channelId, group.epoch, proposal);
  for (const member of asked) tellProposal(member, message);
}

function send(group: Group, to: string, change: Change): void {
  const member = group.members.get(to);
  if (member) tellProposal(member, group.sender.propose(group.channelId, group.epoch, change));
}

function tellProposal(member: DaveMember, message: Buffer): void {
  member.tellBytes(VoiceOpcodes.DaveMlsProposals, Buffer.concat([uint(APPEND, 1), vector(message)]));
}

/** Whether this is the commit that all follow. A person's waits for as long as a bot may still send one. */
function isWinner(group: Group, userId: string, commit: Commit): boolean {
  const { proposed, members } = group;
  if (!proposed?.asked.has(userId) || commit.epoch !== group.epoch || commit.proposals !== 1) return false;
  const addsSomebody = proposed.change === null || 'added' in proposed.change;
  if (addsSomebody !== (commit.welcome !== null)) return false;
  const isBotDue = [...proposed.asked].some((id) => members.get(id)?.isBot);
  if (members.get(userId)?.isBot || !isBotDue) return true;
  proposed.held ??= { userId, commit };
  return false;
}

function accept(group: Group, userId: string, commit: Commit): void {
  const { proposed } = group;
  if (!proposed) return;
  const { change } = proposed;
  const founded = [...proposed.asked].filter((id) => id !== userId);
  const added = change === null ? founded : 'added' in change ? [change.added] : [];
  if (change === null) group.leaves = [userId];
  // Nobody is added twice with the same.
  group.keyPackages.delete(userId);
  if (change && 'removed' in change) {
    group.leaves[group.leaves.indexOf(change.removed)] = null;
    group.lost.delete(change.removed);
  }
  for (const id of added) {
    const free = group.leaves.indexOf(null);
    group.leaves[free === -1 ? group.leaves.length : free] = id;
    group.keyPackages.delete(id);
  }
  group.epoch += 1;
  group.proposed = null;
  announce(group, commit, added);
}

function announce(group: Group, commit: Commit, added: readonly string[]): void {
  const id = (group.lastTransition % 0xffff) + 1;
  group.lastTransition = id;
  const members = insiders(group);
  group.transition = { id, waiting: new Set(members.map(({ userId }) => userId)) };
  waitForAnswers(group);
  for (const member of members) {
    const [op, message] =
      commit.welcome && added.includes(member.userId)
        ? [VoiceOpcodes.DaveMlsWelcome, commit.welcome]
        : [VoiceOpcodes.DaveMlsAnnounceCommitTransition, commit.bytes];
    member.tellBytes(op, Buffer.concat([uint(id, 2), message]));
  }
}
