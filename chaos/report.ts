import { type Figure, figure, median, spread } from '../bench/figures.ts';
import type { Findings } from './run.ts';

/** What a run found, as numbers. */
export function figuresOf(findings: Findings): Figure[] {
  const { verdict, stored, settledMs, interactions } = findings;
  const count = (name: string, value: number) => figure(name, value, 'count');
  return [
    count('messages accepted', verdict.accepted),
    count('messages answered', verdict.answered),
    count('lost', verdict.lost.length),
    count('duplicated', verdict.duplicated.length),
    count('out of order', verdict.outOfOrder.length),
    count('wrong lesson', verdict.wrongLesson.length),
    ...spread(
      'recovery time',
      findings.faults.map(({ recoveryMs }) => recoveryMs),
    ),
    ...(settledMs === null ? [] : [figure('settled after the last fault', settledMs, 'ms')]),
    count('parts of replies heard', findings.heard.parts),
    count('heard twice', findings.heard.twice.length),
    count('spoken and not heard', findings.heard.lost.length),
    count('heard out of order', findings.heard.outOfOrder.length),
    count('replies not spoken, and said so', findings.heardGivenUp),
    count('lessons', stored.lessons),
    count('turns done', stored.turnsDone),
    count('turns not done', stored.turnsNotDone),
    count('replies not delivered', stored.deliveriesNotSent),
    count('messages stored twice', stored.messagesStoredTwice),
    count('messages stored out of order', stored.messagesOutOfOrder),
    count('taken up again by hand', findings.retriedByHand),
    count('model calls for messages', findings.modelCalls),
    count('model calls after their answer was stored', findings.repeatedCalls),
    count('replies sent again and shown once', findings.repeatedSends),
    ...(interactions === null
      ? []
      : [
          count('interactions acknowledged', interactions.acknowledged),
          count('interactions that nobody was there for', interactions.failed),
        ]),
    ...(findings.retries === null
      ? []
      : [
          count('messages that Slack told again', findings.retries.some),
          count('messages that Slack told more often than four times', findings.retries.beyond),
        ]),
    count('crashes of the program', findings.crashes.length),
    count('requests spoilt at the chat', findings.hits.chat),
    count('requests spoilt at the model', findings.hits.model),
    ...figuresOfFaults(findings.faults),
  ];
}

function figuresOfFaults(faults: Findings['faults']): Figure[] {
  const kinds = [...Map.groupBy(faults, ({ kind }) => kind)].sort(([a], [b]) => a.localeCompare(b));
  return kinds.flatMap(([kind, all]) => [
    figure(`fault: ${kind}`, all.length, 'count'),
    figure(`recovery time p50 after ${kind}`, median(all.map(({ recoveryMs }) => recoveryMs)), 'ms'),
  ]);
}

/** What may not be, a sentence each; none: the run was good. */
export function objectionsTo(findings: Findings): string[] {
  const { verdict, stored, settledMs, crashes, complaints } = findings;
  const listed = (what: string, tokens: readonly string[]) =>
    tokens.length > 0 ? [`${what}: ${tokens.slice(0, 10).join(' ')}${tokens.length > 10 ? ' …' : ''}`] : [];
  const counted = (what: string, value: number) => (value > 0 ? [`${what}: ${value}`] : []);
  return [
    ...listed('lost', verdict.lost),
    ...listed('duplicated', verdict.duplicated),
    ...listed('out of order', verdict.outOfOrder),
    ...listed('in the wrong lesson', verdict.wrongLesson),
    ...listed('heard twice', findings.heard.twice),
    ...listed('spoken and not heard', findings.heard.lost),
    ...listed('heard out of order', findings.heard.outOfOrder),
    ...listed('heard in the wrong lesson', findings.heard.astray),
    ...(settledMs === null ? ['not everything settled'] : []),
    ...counted('turns not done', stored.turnsNotDone),
    ...counted('replies not delivered', stored.deliveriesNotSent),
    ...counted('messages stored twice', stored.messagesStoredTwice),
    ...counted('messages stored out of order', stored.messagesOutOfOrder),
    ...crashes.map((crash) => `the program crashed: ${crash}`),
    ...complaints,
  ];
}
