import type { Wording } from '../../words.ts';

export const billing: Wording['billing'] = {
  lessonsUsed: '{{plan}} erlaubt hier {{count}} Lektionen im Monat, und sie sind bis zum Ende des Monats aufgebraucht.',
  lessonsAtOnce:
    '{{plan}} erlaubt hier {{count}} Lektionen zur gleichen Zeit, und so viele laufen gerade. Versuch es später wieder.',
  lessonsLeft: 'Lektionen, die hier in diesem Monat noch möglich sind: {{count}}.',
  mayChange: 'Wer hier verwaltet, kann das ändern: {{command}}.',
  title: 'Abonnement',
  everythingOn: 'Wer diesen Tutor betreibt, zahlt für ihn: Hier ist nichts zu zahlen, und alles ist eingeschaltet.',
  plan: 'Tarif: {{plan}}',
  nothingPaid: 'Hier wird nichts bezahlt.',
  byCard: 'Mit Karte bezahlt.',
  inDiscord: 'In Discord gekauft.',
  planByCard: '{{plan}}, mit Karte',
  planInDiscord: '{{plan}}, in Discord',
  trial: 'Die Probezeit geht bis {{date}}; danach wird bezahlt, wenn nicht vorher gekündigt wird.',
  renews: 'Es verlängert sich von selbst am {{date}}.',
  goesOn: 'Es läuft, bis es gekündigt wird.',
  endsOn:
    'Es ist gekündigt und läuft bis {{date}}. Danach gelten die Grenzen von {{free}}; nichts Gelerntes geht verloren.',
  owed: 'Eine Zahlung ist fehlgeschlagen und wird wiederholt. Bis {{date}} läuft alles weiter; mit einer Karte, die funktioniert, bleibt es dabei.',
  failed:
    'Die Zahlung für {{plan}} ist zu oft fehlgeschlagen, deshalb zählt es nicht mehr. Nichts ist verloren: Sobald die offene Rechnung bezahlt ist, zählt es wieder.',
  unfinished: 'Die erste Zahlung für {{plan}} hat nicht geklappt. Schließ sie ab, sonst verfällt sie.',
  twice: 'Hier wird doppelt bezahlt: {{plans}}. Eines genügt.',
  cancelCard: 'Das mit Karte wird auf der Seite mit Karten und Rechnungen gekündigt.',
  cancelDiscord: 'Das in Discord kündigt, wer es gekauft hat, in den eigenen Einstellungen unter „Abonnements“.',
  lessonsThisMonth: 'Lektionen in diesem Monat',
  voiceThisMonth: 'Minuten Stimme in diesem Monat',
  lessonsNow: 'Laufende Lektionen',
  usedOf: '{{used}} von {{most}}',
  noLimit: '{{used}}, ohne Grenze',
  notIncluded: 'nicht in diesem Tarif',
  countedFrom: 'Ab {{date}} zählt der Monat von vorn.',
  subscribeTo: 'Abonnieren: {{plan}}',
  manage: 'Karten, Rechnungen, Kündigen …',
  useHere: 'Hier nutzen: {{place}}',
  noticesChannel: 'Kanal für Neues zum Abonnement',
  checkoutHere: 'Hier kannst du für diesen Ort abonnieren. Der Link ist nur für dich.',
  openCheckout: 'Bei Stripe abonnieren',
  portalHere:
    'Hier sind Tarif, Karten und Rechnungen, und hier wird gekündigt. Der Link ist nur für dich und gilt nur eine Weile.',
  openPortal: 'Bei Stripe öffnen',
  away: 'Ich konnte Stripe gerade nicht erreichen. Es wurde nichts abgebucht; versuch es gleich noch einmal.',
  refused:
    'Das geht nicht, und noch einmal zu fragen hilft nicht. Es wurde nichts abgebucht; wer mich betreibt, kann nachlesen, warum.',
  movedHere: 'Erledigt: Was du zahlst, zählt ab jetzt hier.',
  notTheirs: 'Du zahlst für keinen anderen Ort, den ich kenne, mit Karte; es gibt also nichts umzuziehen.',
  taken: 'Hier wurde schon etwas mit Karte gekauft. Wenn das zu Ende ist, kann das andere hierher umziehen.',
  noticeBegun: '{{plan}} gilt ab jetzt. Danke!',
  noticeTrialEnding:
    'Die Probezeit von {{plan}} endet am {{date}}. Danach wird bezahlt, wenn nicht vorher gekündigt wird.',
  noticePastDue:
    'Eine Zahlung für {{plan}} ist fehlgeschlagen. Sie wird wiederholt, und bis {{date}} läuft alles weiter; bitte prüft die Karte.',
  noticeRecovered: 'Die Zahlung für {{plan}} hat doch noch geklappt, und alles läuft weiter. Danke!',
  noticeEnding: '{{plan}} ist gekündigt und läuft bis {{date}}.',
  noticeEnded:
    '{{plan}} ist zu Ende. Wenn hier nichts anderes bezahlt wird, gelten jetzt die Grenzen des kostenlosen Tarifs; nichts Gelerntes geht verloren.',
  noticePaused:
    'Die Probezeit von {{plan}} ist vorbei, und es gibt keine Karte zum Abbuchen; deshalb ruht es. Nichts ist verloren: Mit einer Karte zählt es wieder.',
  noticeDisputed: 'Die Zahlung für {{plan}} ist bei der Bank angefochten; bis das geklärt ist, zählt es nicht.',
  noticeRefunded: 'Die Zahlung für {{plan}} wurde zurückgegeben, deshalb zählt es nicht mehr.',
  noticeKicked:
    'Ich wurde entfernt, und {{plan}} wird weiter bezahlt. Fügt mich wieder hinzu, und alles ist wie vorher; oder nutzt es an einem anderen Ort, oder kündigt es.',
  removedHow:
    'Um mich wieder hinzuzufügen oder dort zu kündigen: {{invite}}. Um es auf einem anderen Server zu nutzen, tippt dort {{command}}. Was in Discord gekauft wurde, kündigt, wer es gekauft hat, in den eigenen Einstellungen unter „Abonnements“.',
  noticeMoved:
    '{{plan}} wird ab jetzt an einem anderen Ort genutzt. Wenn hier nichts anderes bezahlt wird, gelten jetzt die Grenzen des kostenlosen Tarifs.',
  seeMore: '{{command}} zeigt, wie es steht und was sich tun lässt.',
  inPlace: '{{place}}: {{text}}',
};
