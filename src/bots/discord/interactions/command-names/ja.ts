import type { CommandNames } from './en.ts';

export const ja: CommandNames = {
  tutor: { name: 'チューター', description: '計画に沿って一歩ずつ、好きなことを学べます' },
  admin: { name: 'チューター管理', description: 'このサーバーでのチューターの設定' },
  askAbout: 'これについてチューターに質問',
  subcommands: {
    start: { name: '開始', description: '専用のスレッドでレッスンを始めます' },
    ask: { name: '質問', description: 'レッスン中でもそれ以外でも、チューターに質問します' },
    plan: { name: '計画', description: 'このレッスンの計画を表示します' },
    progress: { name: '進捗', description: 'これまでに学んだことを表示します' },
    hint: { name: 'ヒント', description: '今の問題のヒントをもらいます' },
    skip: { name: 'スキップ', description: 'このステップを飛ばして次へ進みます' },
    pause: { name: '休憩', description: '休憩します。レッスンはそのまま残ります' },
    resume: { name: '再開', description: '前回の続きから始めます' },
    end: { name: '終了', description: 'レッスンを終えて、まとめを表示します' },
    voice: { name: '音声', description: 'チューターの返信を音声メッセージで聞くかどうかを切り替えます' },
    settings: { name: '設定', description: 'チューターの教え方を選びます' },
    forget: { name: '消去', description: 'チューターが保存しているあなたの情報をすべて削除します' },
    export: { name: '書き出し', description: 'チューターが保存しているあなたの情報をすべてダウンロードします' },
  },
  options: {
    topic: { name: 'テーマ', description: '学びたいこと' },
    level: { name: 'レベル', description: '今どのくらい知っているか' },
    mode: { name: '形式', description: '計画のあるコース、または質問への回答だけ' },
    persona: { name: 'キャラクター', description: 'チューターの話し方。選ぶか、自分の言葉で書いてください' },
    private: { name: '非公開', description: 'あなたと招待した人だけがスレッドを見られます' },
    question: { name: '質問', description: '知りたいこと' },
    speak: {
      name: '読み上げ',
      description: 'オン／オフ：レッスンの音声メッセージ。参加／退出：あなたのボイスチャンネル',
    },
    voice: { name: '声', description: '聞きたい声の名前。「default」で元に戻ります' },
  },
  adminSubcommands: {
    settings: { name: '設定', description: 'レッスンを始められる場所や人などを決めます' },
    subscribe: { name: '申し込み', description: 'このサーバーでもっとレッスンができるようにします' },
    billing: { name: '請求', description: 'このサーバーの契約と利用状況の確認、変更、解約' },
    move: { name: '移動', description: 'ほかのサーバーで支払っている分をここで使います' },
  },
  adminOptions: {
    plan: { name: 'プラン', description: 'どのプランか' },
    server: { name: 'サーバー', description: '今支払っているサーバー' },
  },
  levels: { beginner: '初級', intermediate: '中級', advanced: '上級' },
  modes: { course: '計画のあるコース', questions: '質問だけ' },
  speaking: { on: 'オン', off: 'オフ', join: 'ボイスチャンネルに来て', leave: 'ボイスチャンネルから退出して' },
};
