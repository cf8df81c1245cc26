import { randomUUID } from 'node:crypto';
import type { Reply } from '../../src/core/messages.ts';
import type { Draft, OutboundDelivery } from '../../src/core/ports.ts';

/** A delivery as the core hands it to a surface; what was posted of it is kept in `posted`. */
export function outbound(reply: Reply, more: Partial<OutboundDelivery> & { threadId: string }): OutboundDelivery {
  const delivery: OutboundDelivery = {
    id: randomUUID(),
    reply,
    locale: null,
    draft: null,
    mayBeShown: false,
    posted: [],
    async onPosted(ids) {
      delivery.posted = ids;
    },
    ...more,
  };
  return delivery;
}

/** A draft that nobody has seen yet. */
export function newDraft(key = `${randomUUID()}-0`): Draft {
  let shownAs: string | null = null;
  return {
    key,
    get id() {
      return shownAs;
    },
    isStale: () => false,
    async shown(id) {
      shownAs = id;
    },
  };
}
