import type { Wording } from '../../words.ts';

export const billing: Wording['billing'] = {
  lessonsUsed: '{{plan}} permet ici {{count}} leçons par mois, et elles sont épuisées jusqu’à la fin du mois.',
  lessonsAtOnce: '{{plan}} permet ici {{count}} leçons à la fois, et autant sont en cours. Réessaie plus tard.',
  lessonsLeft: 'Leçons encore possibles ici ce mois-ci : {{count}}.',
  mayChange: 'Qui gère ce lieu peut changer cela : {{command}}.',
  title: 'Abonnement',
  everythingOn: 'C’est l’exploitant de ce tuteur qui le paie : il n’y a rien à payer ici, et tout est activé.',
  plan: 'Formule : {{plan}}',
  nothingPaid: 'Rien n’est payé ici.',
  byCard: 'Payée par carte.',
  inDiscord: 'Achetée dans Discord.',
  planByCard: '{{plan}}, par carte',
  planInDiscord: '{{plan}}, dans Discord',
  trial: 'L’essai dure jusqu’au {{date}} ; ensuite c’est payant, sauf annulation d’ici là.',
  renews: 'Elle se renouvelle d’elle-même le {{date}}.',
  goesOn: 'Elle continue jusqu’à son annulation.',
  endsOn:
    'Elle est annulée, et continue jusqu’au {{date}}. Ensuite les limites de {{free}} s’appliquent ; rien de ce qui a été appris n’est perdu.',
  owed: 'Un paiement a échoué, et sera retenté. Tout continue jusqu’au {{date}} ; avec une carte qui marche, rien ne change.',
  failed:
    'Le paiement de {{plan}} a échoué trop souvent, donc elle ne compte plus. Rien n’est perdu : dès que la facture ouverte est payée, elle compte de nouveau.',
  unfinished: 'Le premier paiement de {{plan}} n’a pas abouti. Termine-le, sinon il expire.',
  twice: 'Ce lieu est payé deux fois : {{plans}}. Une seule suffit.',
  cancelCard: 'Celle par carte s’annule sur la page des cartes et des factures.',
  cancelDiscord: 'Celle de Discord s’annule dans les paramètres de qui l’a achetée, sous « Abonnements ».',
  lessonsThisMonth: 'Leçons ce mois-ci',
  voiceThisMonth: 'Minutes de voix ce mois-ci',
  lessonsNow: 'Leçons en cours',
  usedOf: '{{used}} sur {{most}}',
  noLimit: '{{used}}, sans limite',
  notIncluded: 'pas dans cette formule',
  countedFrom: 'À partir du {{date}}, le mois est compté à neuf.',
  subscribeTo: 'S’abonner : {{plan}}',
  manage: 'Cartes, factures, annulation…',
  useHere: 'L’utiliser ici : {{place}}',
  noticesChannel: 'Salon pour les nouvelles de l’abonnement',
  checkoutHere: 'Ici tu peux abonner ce lieu. Le lien n’est que pour toi.',
  openCheckout: 'S’abonner chez Stripe',
  portalHere:
    'Ici se trouvent la formule, les cartes et les factures, et ici on annule. Le lien n’est que pour toi, et ne marche qu’un moment.',
  openPortal: 'Ouvrir chez Stripe',
  away: 'Je n’ai pas pu joindre Stripe à l’instant. Rien n’a été débité ; réessaie dans un moment.',
  refused:
    'Cela ne marche pas, et redemander n’y changera rien. Rien n’a été débité ; mon exploitant peut lire pourquoi.',
  movedHere: 'C’est fait : ce que tu paies compte ici désormais.',
  notTheirs: 'Tu ne paies par carte aucun autre lieu que je connaisse, il n’y a donc rien à déplacer.',
  taken: 'Quelque chose a déjà été acheté par carte ici. Quand ce sera fini, l’autre pourra être déplacé ici.',
  noticeBegun: '{{plan}} est active à partir de maintenant. Merci !',
  noticeTrialEnding: 'L’essai de {{plan}} se termine le {{date}}. Ensuite c’est payant, sauf annulation d’ici là.',
  noticePastDue:
    'Un paiement de {{plan}} a échoué. Il sera retenté, et tout continue jusqu’au {{date}} ; vérifiez la carte.',
  noticeRecovered: 'Le paiement de {{plan}} a finalement abouti, et tout continue. Merci !',
  noticeEnding: '{{plan}} est annulée, et continue jusqu’au {{date}}.',
  noticeEnded:
    '{{plan}} est terminée. Si rien d’autre n’est payé ici, les limites de la formule gratuite s’appliquent maintenant ; rien de ce qui a été appris n’est perdu.',
  noticePaused:
    'L’essai de {{plan}} est fini et il n’y a pas de carte à débiter, donc elle est en pause. Rien n’est perdu : avec une carte, elle compte de nouveau.',
  noticeDisputed: 'Le paiement de {{plan}} est contesté à la banque ; elle ne compte pas tant que ce n’est pas réglé.',
  noticeRefunded: 'Le paiement de {{plan}} a été remboursé, donc elle ne compte plus.',
  noticeKicked:
    'J’ai été retiré, et {{plan}} est toujours payée. Ajoutez-moi de nouveau, et tout est comme avant ; ou utilisez-la dans un autre lieu, ou annulez-la.',
  removedHow:
    'Pour m’ajouter de nouveau, ou pour annuler là-bas : {{invite}}. Pour l’utiliser sur un autre serveur, tapez-y {{command}}. Ce qui a été acheté dans Discord s’annule dans les paramètres de qui l’a acheté, sous « Abonnements ».',
  noticeMoved:
    '{{plan}} sert désormais dans un autre lieu. Si rien d’autre n’est payé ici, les limites de la formule gratuite s’appliquent maintenant.',
  seeMore: '{{command}} montre où on en est, et ce qu’on peut faire.',
  inPlace: '{{place}} : {{text}}',
};
