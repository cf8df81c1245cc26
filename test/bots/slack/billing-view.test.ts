import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { billingWindow, pageWindow, sentenceWindow } from '../../../src/bots/slack/interactions/billing-view.ts';
import { openWords } from '../../../src/bots/words.ts';
import { anyBilling } from '../../support/slack-billing-views.ts';
import { calls, someText, textsIn } from '../../support/slack-surface.ts';
import { checkView } from '../../twins/slack/view-forms.ts';

/** What an admin has before them, whatever there is to show. */

const words = openWords();

describe.each(['en', 'de', 'es', 'fr', 'pt-BR', 'ja'])('%s', (locale) => {
  const said = words.for(locale);

  test('Slack takes the window of whatever a workspace has and pays, and it calls nobody', () => {
    fc.assert(
      fc.property(anyBilling(said, locale), (content) => {
        const view = billingWindow(content);
        expect(checkView(view, 'modal')).toEqual([]);
        expect(textsIn(view).flatMap(calls)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('and that of a page, and of what came in the way', () => {
    for (const kind of ['checkout', 'portal'] as const) {
      const view = pageWindow({ kind, url: 'https://checkout.stripe.com/c/pay/cs_test_1' }, said);
      expect(checkView(view, 'modal')).toEqual([]);
      expect(JSON.stringify(view)).toContain('https://checkout.stripe.com/c/pay/cs_test_1');
    }
    fc.assert(
      fc.property(someText, (text) => {
        expect(checkView(sentenceWindow(`Because: ${text}`, said), 'modal')).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});
