import type { Wording } from '../../words.ts';

export const billing: Wording['billing'] = {
  lessonsUsed: '{{plan}} permite {{count}} aulas por mês aqui, e elas acabaram até o fim do mês.',
  lessonsAtOnce: '{{plan}} permite {{count}} aulas ao mesmo tempo aqui, e já há tantas em andamento. Tente mais tarde.',
  lessonsLeft: 'Aulas que restam aqui neste mês: {{count}}.',
  mayChange: 'Quem administra este lugar pode mudar isso: {{command}}.',
  title: 'Assinatura',
  everythingOn: 'Quem opera este tutor paga por ele: aqui não há nada a pagar, e tudo está ativado.',
  plan: 'Plano: {{plan}}',
  nothingPaid: 'Aqui não se paga nada.',
  byCard: 'Pago com cartão.',
  inDiscord: 'Comprado no Discord.',
  planByCard: '{{plan}}, com cartão',
  planInDiscord: '{{plan}}, no Discord',
  trial: 'O teste vai até {{date}}; depois é pago, se não for cancelado antes.',
  renews: 'Renova-se sozinho em {{date}}.',
  goesOn: 'Continua até ser cancelado.',
  endsOn:
    'Foi cancelado e continua até {{date}}. Depois valem os limites de {{free}}; nada do que foi aprendido se perde.',
  owed: 'Um pagamento falhou e será tentado de novo. Tudo continua até {{date}}; com um cartão que funcione, continua assim.',
  failed:
    'O pagamento de {{plan}} falhou vezes demais, por isso não conta mais. Nada se perde: assim que a fatura em aberto for paga, volta a contar.',
  unfinished: 'O primeiro pagamento de {{plan}} não foi concluído. Conclua, ou ele expira.',
  twice: 'Este lugar é pago duas vezes: {{plans}}. Uma basta.',
  cancelCard: 'O do cartão é cancelado na página de cartões e faturas.',
  cancelDiscord: 'O do Discord é cancelado por quem comprou, nas próprias configurações, em “Assinaturas”.',
  lessonsThisMonth: 'Aulas neste mês',
  voiceThisMonth: 'Minutos de voz neste mês',
  lessonsNow: 'Aulas em andamento',
  usedOf: '{{used}} de {{most}}',
  noLimit: '{{used}}, sem limite',
  notIncluded: 'fora deste plano',
  countedFrom: 'A partir de {{date}} o mês é contado de novo.',
  subscribeTo: 'Assinar: {{plan}}',
  manage: 'Cartões, faturas, cancelar…',
  useHere: 'Usar aqui: {{place}}',
  noticesChannel: 'Canal para avisos da assinatura',
  checkoutHere: 'Aqui você pode assinar para este lugar. O link é só para você.',
  openCheckout: 'Assinar na Stripe',
  portalHere:
    'Aqui estão o plano, os cartões e as faturas, e aqui se cancela. O link é só para você e vale por pouco tempo.',
  openPortal: 'Abrir na Stripe',
  away: 'Não consegui falar com a Stripe agora. Nada foi cobrado; tente de novo daqui a pouco.',
  refused: 'Isso não funciona, e pedir de novo não ajuda. Nada foi cobrado; quem me opera pode ler por quê.',
  movedHere: 'Pronto: o que você paga vale aqui a partir de agora.',
  notTheirs: 'Você não paga com cartão por nenhum outro lugar que eu conheça, então não há nada para mover.',
  taken: 'Aqui já se comprou algo com cartão. Quando isso acabar, o outro pode ser movido para cá.',
  noticeBegun: '{{plan}} está ativo a partir de agora. Obrigado!',
  noticeTrialEnding: 'O teste de {{plan}} termina em {{date}}. Depois é pago, se não for cancelado antes.',
  noticePastDue:
    'Um pagamento de {{plan}} falhou. Será tentado de novo, e tudo continua até {{date}}; confira o cartão.',
  noticeRecovered: 'O pagamento de {{plan}} deu certo afinal, e tudo continua. Obrigado!',
  noticeEnding: '{{plan}} foi cancelado e continua até {{date}}.',
  noticeEnded:
    '{{plan}} terminou. Se nada mais for pago aqui, agora valem os limites do plano gratuito; nada do que foi aprendido se perde.',
  noticePaused:
    'O teste de {{plan}} acabou e não há cartão para cobrar, por isso está em pausa. Nada se perde: com um cartão, volta a contar.',
  noticeDisputed: 'O pagamento de {{plan}} está em disputa no banco; não conta até que isso se resolva.',
  noticeRefunded: 'O pagamento de {{plan}} foi devolvido, por isso não conta mais.',
  noticeKicked:
    'Fui removido, e {{plan}} continua sendo pago. Adicione-me de novo e tudo volta a ser como antes; ou use em outro lugar, ou cancele.',
  removedHow:
    'Para me adicionar de novo, ou para cancelar lá: {{invite}}. Para usar em outro servidor, digite lá {{command}}. O que foi comprado no Discord é cancelado por quem comprou, nas próprias configurações, em “Assinaturas”.',
  noticeMoved:
    '{{plan}} passa a ser usado em outro lugar. Se nada mais for pago aqui, agora valem os limites do plano gratuito.',
  seeMore: '{{command}} mostra como tudo está e o que se pode fazer.',
  inPlace: '{{place}}: {{text}}',
};
