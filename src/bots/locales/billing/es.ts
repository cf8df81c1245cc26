import type { Wording } from '../../words.ts';

export const billing: Wording['billing'] = {
  lessonsUsed: '{{plan}} permite aquí {{count}} lecciones al mes, y están agotadas hasta que acabe el mes.',
  lessonsAtOnce: '{{plan}} permite aquí {{count}} lecciones a la vez, y ya hay tantas en marcha. Inténtalo más tarde.',
  lessonsLeft: 'Lecciones que quedan aquí este mes: {{count}}.',
  mayChange: 'Quien administra este lugar puede cambiarlo: {{command}}.',
  title: 'Suscripción',
  everythingOn: 'Quien opera este tutor lo paga: aquí no hay nada que pagar y todo está activado.',
  plan: 'Plan: {{plan}}',
  nothingPaid: 'Aquí no se paga nada.',
  byCard: 'Pagado con tarjeta.',
  inDiscord: 'Comprado en Discord.',
  planByCard: '{{plan}}, con tarjeta',
  planInDiscord: '{{plan}}, en Discord',
  trial: 'La prueba dura hasta el {{date}}; después se paga, si no se cancela antes.',
  renews: 'Se renueva por sí sola el {{date}}.',
  goesOn: 'Sigue hasta que se cancele.',
  endsOn:
    'Está cancelada y sigue hasta el {{date}}. Después valen los límites de {{free}}; no se pierde nada de lo aprendido.',
  owed: 'Un pago ha fallado y se volverá a intentar. Todo sigue hasta el {{date}}; con una tarjeta que funcione, así se queda.',
  failed:
    'El pago de {{plan}} ha fallado demasiadas veces, así que ya no cuenta. No se pierde nada: en cuanto se pague la factura pendiente, vuelve a contar.',
  unfinished: 'El primer pago de {{plan}} no se ha completado. Complétalo, o caducará.',
  twice: 'Este lugar se paga dos veces: {{plans}}. Con una basta.',
  cancelCard: 'La de la tarjeta se cancela en la página de tarjetas y facturas.',
  cancelDiscord: 'La de Discord la cancela quien la compró, en sus ajustes, en «Suscripciones».',
  lessonsThisMonth: 'Lecciones este mes',
  voiceThisMonth: 'Minutos de voz este mes',
  lessonsNow: 'Lecciones en marcha',
  usedOf: '{{used}} de {{most}}',
  noLimit: '{{used}}, sin límite',
  notIncluded: 'no incluido en este plan',
  countedFrom: 'A partir del {{date}} el mes se cuenta de nuevo.',
  subscribeTo: 'Suscribirse: {{plan}}',
  manage: 'Tarjetas, facturas, cancelar…',
  useHere: 'Usarla aquí: {{place}}',
  noticesChannel: 'Canal para avisos de la suscripción',
  checkoutHere: 'Aquí puedes suscribir este lugar. El enlace es solo para ti.',
  openCheckout: 'Suscribirse en Stripe',
  portalHere:
    'Aquí están el plan, las tarjetas y las facturas, y aquí se cancela. El enlace es solo para ti y vale un rato.',
  openPortal: 'Abrir en Stripe',
  away: 'Ahora mismo no he podido contactar con Stripe. No se ha cobrado nada; inténtalo de nuevo en un momento.',
  refused: 'Eso no funciona, y volver a pedirlo no ayuda. No se ha cobrado nada; quien me opera puede leer por qué.',
  movedHere: 'Hecho: lo que pagas cuenta aquí desde ahora.',
  notTheirs: 'No pagas con tarjeta ningún otro lugar que yo conozca, así que no hay nada que trasladar.',
  taken: 'Aquí ya se compró algo con tarjeta. Cuando termine, se podrá trasladar aquí lo otro.',
  noticeBegun: '{{plan}} está activo desde ahora. ¡Gracias!',
  noticeTrialEnding: 'La prueba de {{plan}} termina el {{date}}. Después se paga, si no se cancela antes.',
  noticePastDue:
    'Ha fallado un pago de {{plan}}. Se volverá a intentar, y todo sigue hasta el {{date}}; revisad la tarjeta.',
  noticeRecovered: 'El pago de {{plan}} al final se ha completado, y todo sigue. ¡Gracias!',
  noticeEnding: '{{plan}} está cancelado y sigue hasta el {{date}}.',
  noticeEnded:
    '{{plan}} ha terminado. Si aquí no se paga otra cosa, ahora valen los límites del plan gratuito; no se pierde nada de lo aprendido.',
  noticePaused:
    'La prueba de {{plan}} ha terminado y no hay tarjeta que cobrar, así que está en pausa. No se pierde nada: con una tarjeta vuelve a contar.',
  noticeDisputed: 'El pago de {{plan}} está en disputa en el banco; no cuenta hasta que se resuelva.',
  noticeRefunded: 'El pago de {{plan}} se ha devuelto, así que ya no cuenta.',
  noticeKicked:
    'Me han quitado, y {{plan}} se sigue pagando. Añadidme de nuevo y todo será como antes; o usadlo en otro lugar, o canceladlo.',
  removedHow:
    'Para añadirme de nuevo, o para cancelar allí: {{invite}}. Para usarlo en otro servidor, escribid allí {{command}}. Lo comprado en Discord lo cancela quien lo compró, en sus ajustes, en «Suscripciones».',
  noticeMoved:
    '{{plan}} se usa desde ahora en otro lugar. Si aquí no se paga otra cosa, ahora valen los límites del plan gratuito.',
  seeMore: '{{command}} muestra cómo está todo y qué se puede hacer.',
  inPlace: '{{place}}: {{text}}',
};
