import type { Wording } from '../../words.ts';

export const billing: Wording['billing'] = {
  lessonsUsed:
    '{{plan}}では、ここで月に{{count}}回までレッスンができます。今月分は使い切りました。管理者は {{command}} で変更できます。',
  lessonsAtOnce:
    '{{plan}}では、ここで同時に{{count}}件までレッスンができ、今はすべて使用中です。しばらくしてからもう一度お試しください。管理者は {{command}} で変更できます。',
  lessonsLeft: '今月ここで始められるレッスンは残り{{count}}回です。管理者は {{command}} で変更できます。',
  title: 'サブスクリプション',
  everythingOn: 'このチューターの費用は運営者が負担しています。ここでの支払いはなく、すべての機能が使えます。',
  plan: 'プラン：{{plan}}',
  nothingPaid: 'ここでの支払いはありません。',
  byCard: 'カードで支払われています。',
  inDiscord: 'Discordで購入されています。',
  planByCard: '{{plan}}（カード）',
  planInDiscord: '{{plan}}（Discord）',
  trial: 'お試し期間は{{date}}までです。それまでに解約しなければ、その後は有料になります。',
  renews: '{{date}}に自動で更新されます。',
  goesOn: '解約されるまで続きます。',
  endsOn: '解約済みで、{{date}}まで使えます。その後は{{free}}の上限になりますが、学んだことは失われません。',
  owed: '支払いに失敗し、再試行されます。{{date}}まではそのまま使えます。使えるカードがあれば、その後も続きます。',
  failed:
    '{{plan}}の支払いに何度も失敗したため、今は無効です。何も失われません。未払いの請求を支払えば、また有効になります。',
  unfinished: '{{plan}}の最初の支払いが完了していません。完了しないと失効します。',
  twice: 'ここでは二重に支払われています：{{plans}}。1つで十分です。',
  cancelCard: 'カードの分は、カードと請求書のページで解約できます。',
  cancelDiscord: 'Discordの分は、購入した人の設定の「サブスクリプション」で解約できます。',
  lessonsThisMonth: '今月のレッスン',
  voiceThisMonth: '今月の音声（分）',
  lessonsNow: '進行中のレッスン',
  usedOf: '{{used}} / {{most}}',
  noLimit: '{{used}}（上限なし）',
  notIncluded: 'このプランには含まれません',
  countedFrom: '{{date}}から新しい月として数え直します。',
  subscribeTo: '申し込む：{{plan}}',
  manage: 'カード・請求書・解約…',
  useHere: 'ここで使う：{{place}}',
  noticesChannel: 'サブスクリプションのお知らせ用チャンネル',
  checkoutHere: 'ここから、この場所のために申し込めます。リンクはあなた専用です。',
  openCheckout: 'Stripeで申し込む',
  portalHere: 'プラン、カード、請求書の確認と解約はここからできます。リンクはあなた専用で、しばらくの間だけ有効です。',
  openPortal: 'Stripeで開く',
  away: '今はStripeに接続できませんでした。請求はされていません。少ししてからもう一度お試しください。',
  refused: 'それはできません。もう一度試しても変わりません。請求はされていません。理由は運営者が確認できます。',
  movedHere: '完了しました。あなたの支払いは、これからここで有効です。',
  notTheirs: 'あなたがカードで支払っている場所はほかに見つからないため、移すものがありません。',
  taken: 'ここではすでにカードで購入されています。それが終わったら、もう一方を移せます。',
  noticeBegun: '{{plan}}が有効になりました。ありがとうございます！',
  noticeTrialEnding: '{{plan}}のお試し期間は{{date}}に終わります。それまでに解約しなければ、その後は有料になります。',
  noticePastDue:
    '{{plan}}の支払いに失敗しました。再試行され、{{date}}まではそのまま使えます。カードを確認してください。',
  noticeRecovered: '{{plan}}の支払いが完了しました。このまま使えます。ありがとうございます！',
  noticeEnding: '{{plan}}は解約され、{{date}}まで使えます。',
  noticeEnded:
    '{{plan}}は終了しました。ほかに支払いがなければ、これからは無料プランの上限になります。学んだことは失われません。',
  noticePaused:
    '{{plan}}のお試し期間が終わり、請求できるカードがないため休止しています。何も失われません。カードを登録すれば、また有効になります。',
  noticeDisputed: '{{plan}}の支払いについて銀行で異議が申し立てられています。解決するまで無効です。',
  noticeRefunded: '{{plan}}の支払いは返金されたため、無効になりました。',
  noticeKicked:
    '私は外されましたが、{{plan}}の支払いは続いています。もう一度追加すれば元どおりです。ほかの場所で使うことも、解約することもできます。',
  removedHow:
    'もう一度追加する、またはそこで解約するには：{{invite}} 。別のサーバーで使うには、そこで {{command}} と入力してください。Discordで購入した分は、購入した人の設定の「サブスクリプション」で解約できます。',
  noticeMoved:
    '{{plan}}は、これからほかの場所で使われます。ほかに支払いがなければ、ここでは無料プランの上限になります。',
  seeMore: '{{command}} で現在の状況とできることを確認できます。',
  inPlace: '{{place}}：{{text}}',
};
