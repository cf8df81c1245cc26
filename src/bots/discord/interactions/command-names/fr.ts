import type { CommandNames } from './en.ts';

export const fr: CommandNames = {
  tutor: { name: 'tuteur', description: 'Apprends ce que tu veux, pas à pas, avec un tuteur qui suit son plan' },
  admin: { name: 'tuteur-admin', description: 'Réglages du tuteur pour ce serveur' },
  askAbout: 'Demander au tuteur',
  subcommands: {
    start: { name: 'commencer', description: 'Commence une leçon dans un fil à elle' },
    ask: { name: 'demander', description: 'Pose une question au tuteur, pendant ta leçon ou en dehors' },
    plan: { name: 'plan', description: 'Affiche le plan de cette leçon' },
    progress: { name: 'progrès', description: 'Affiche ce que tu as appris jusqu’ici' },
    hint: { name: 'indice', description: 'Donne un indice pour la question en attente' },
    skip: { name: 'passer', description: 'Laisse cette étape et continue avec la suivante' },
    pause: { name: 'pause', description: 'Fais une pause ; la leçon t’attend' },
    resume: { name: 'reprendre', description: 'Reprends là où tu t’es arrêté' },
    end: { name: 'terminer', description: 'Termine cette leçon par un résumé' },
    voice: { name: 'voix', description: 'Écoute le tuteur : réponses en messages vocaux, oui ou non' },
    settings: { name: 'réglages', description: 'Choisis comment le tuteur t’enseigne' },
    forget: { name: 'oublier', description: 'Efface tout ce que le tuteur a enregistré sur toi' },
    export: { name: 'exporter', description: 'Télécharge tout ce que le tuteur a enregistré sur toi' },
  },
  options: {
    topic: { name: 'sujet', description: 'Ce que tu veux apprendre' },
    level: { name: 'niveau', description: 'Ce que tu en sais déjà' },
    mode: { name: 'formule', description: 'Un cours avec un plan, ou seulement des réponses à tes questions' },
    persona: { name: 'caractère', description: 'La façon de parler du tuteur : choisis, ou décris-la' },
    private: { name: 'privé', description: 'Seuls toi et tes invités voient le fil' },
    question: { name: 'question', description: 'Ce que tu veux savoir' },
    speak: {
      name: 'parler',
      description: 'Oui ou non : messages vocaux dans la leçon. Venir ou partir : ton salon vocal',
    },
    voice: { name: 'voix', description: 'Le nom de la voix que tu veux entendre, ou « default »' },
  },
  adminSubcommands: {
    settings: { name: 'réglages', description: 'Choisis où les leçons commencent, qui peut les commencer, et plus' },
    subscribe: { name: 'abonner', description: 'Plus de leçons pour ce serveur' },
    billing: { name: 'facturation', description: 'Vois ce que ce serveur a et utilise, et change ou annule-le' },
    move: { name: 'déplacer', description: 'Utilise ici ce que tu paies sur un autre serveur' },
  },
  adminOptions: {
    plan: { name: 'formule', description: 'Quelle formule' },
    server: { name: 'serveur', description: 'Le serveur que tu paies maintenant' },
  },
  levels: { beginner: 'Débutant', intermediate: 'Intermédiaire', advanced: 'Avancé' },
  modes: { course: 'Un cours avec un plan', questions: 'Seulement mes questions' },
  speaking: { on: 'Oui', off: 'Non', join: 'Viens dans mon salon vocal', leave: 'Quitte le salon vocal' },
};
