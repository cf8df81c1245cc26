import type { CommandNames } from './en.ts';

export const de: CommandNames = {
  tutor: { name: 'tutor', description: 'Lerne, was du willst, Schritt für Schritt und nach einem Plan' },
  admin: { name: 'tutor-verwaltung', description: 'Einstellungen des Tutors für diesen Server' },
  askAbout: 'Den Tutor dazu fragen',
  subcommands: {
    start: { name: 'starten', description: 'Beginne eine Lektion in einem eigenen Thread' },
    ask: { name: 'fragen', description: 'Stelle dem Tutor eine Frage, in deiner Lektion oder einfach so' },
    plan: { name: 'plan', description: 'Zeigt den Plan dieser Lektion' },
    progress: { name: 'fortschritt', description: 'Zeigt, was du bisher gelernt hast' },
    hint: { name: 'tipp', description: 'Gibt dir einen Tipp zur offenen Frage' },
    skip: { name: 'überspringen', description: 'Lässt diesen Schritt aus und macht mit dem nächsten weiter' },
    pause: { name: 'pause', description: 'Mach eine Pause, die Lektion wartet auf dich' },
    resume: { name: 'weiter', description: 'Mach dort weiter, wo du aufgehört hast' },
    end: { name: 'beenden', description: 'Beendet diese Lektion mit einer Zusammenfassung' },
    voice: { name: 'stimme', description: 'Hör den Tutor: Antworten als Sprachnachrichten, ein oder aus' },
    settings: { name: 'einstellungen', description: 'Lege fest, wie der Tutor dich unterrichtet' },
    forget: { name: 'vergessen', description: 'Löscht alles, was der Tutor über dich gespeichert hat' },
    export: { name: 'exportieren', description: 'Lädt alles herunter, was der Tutor über dich gespeichert hat' },
  },
  options: {
    topic: { name: 'thema', description: 'Was du lernen möchtest' },
    level: { name: 'niveau', description: 'Wie viel du schon darüber weißt' },
    mode: { name: 'art', description: 'Ein Kurs mit Plan oder nur Antworten auf deine Fragen' },
    persona: { name: 'charakter', description: 'Wie der Tutor spricht: wähle aus oder nimm eigene Worte' },
    private: { name: 'privat', description: 'Nur du und wen du einlädst, sehen den Thread' },
    question: { name: 'frage', description: 'Was du wissen möchtest' },
    speak: {
      name: 'vorlesen',
      description: 'Ein oder aus: Sprachnachrichten in der Lektion. Sonst: der Tutor kommt in deinen Sprachkanal',
    },
    voice: { name: 'stimme', description: 'Der Name der Stimme, die du hören willst, oder „default“' },
  },
  adminSubcommands: {
    settings: {
      name: 'einstellungen',
      description: 'Lege fest, wo Lektionen beginnen, wer sie beginnen darf, und mehr',
    },
    subscribe: { name: 'abonnieren', description: 'Mehr Lektionen für diesen Server' },
    billing: { name: 'abrechnung', description: 'Zeigt, was dieser Server hat und verbraucht; ändern oder kündigen' },
    move: { name: 'umziehen', description: 'Nutze hier, was du auf einem anderen Server zahlst' },
  },
  adminOptions: {
    plan: { name: 'tarif', description: 'Welcher Tarif' },
    server: { name: 'server', description: 'Der Server, für den du jetzt zahlst' },
  },
  levels: { beginner: 'Anfang', intermediate: 'Mittelstufe', advanced: 'Fortgeschritten' },
  modes: { course: 'Ein Kurs mit Plan', questions: 'Nur meine Fragen' },
  speaking: { on: 'Ein', off: 'Aus', join: 'Komm in meinen Sprachkanal', leave: 'Verlass den Sprachkanal' },
};
