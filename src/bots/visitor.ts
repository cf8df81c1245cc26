import type { InboundMessage, Platform } from '../core/messages.ts';
import type { ReceiveDeps } from './receive.ts';
import type { Translate } from './words.ts';

/** Who writes, and where: as the core knows them. */
export type Sender = Pick<InboundMessage, 'workspace' | 'learner'>;

/** Somebody who does something on a platform: what everything that answers them works with. */
export interface Visitor {
  bot: ReceiveDeps & { readonly platform: Platform };
  sender: Sender;
  /** In their client's language. */
  words: Translate;
}
