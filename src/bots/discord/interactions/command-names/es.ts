import type { CommandNames } from './en.ts';

/** For Spain and for Latin America. */
export const es: CommandNames = {
  tutor: { name: 'tutor', description: 'Aprende lo que quieras, paso a paso, con un tutor que sigue el plan' },
  admin: { name: 'tutor-admin', description: 'Ajustes del tutor en este servidor' },
  askAbout: 'Preguntar al tutor sobre esto',
  subcommands: {
    start: { name: 'empezar', description: 'Empieza una lección en su propio hilo' },
    ask: { name: 'preguntar', description: 'Haz una pregunta al tutor, en tu lección o fuera de ella' },
    plan: { name: 'plan', description: 'Muestra el plan de esta lección' },
    progress: { name: 'progreso', description: 'Muestra lo que has aprendido hasta ahora' },
    hint: { name: 'pista', description: 'Te da una pista para la pregunta pendiente' },
    skip: { name: 'saltar', description: 'Deja este paso y sigue con el próximo' },
    pause: { name: 'pausa', description: 'Tómate un descanso; la lección te espera' },
    resume: { name: 'continuar', description: 'Sigue donde lo dejaste' },
    end: { name: 'terminar', description: 'Termina esta lección con un resumen' },
    voice: { name: 'voz', description: 'Escucha al tutor: respuestas como mensajes de voz, sí o no' },
    settings: { name: 'ajustes', description: 'Elige cómo te enseña el tutor' },
    forget: { name: 'olvidar', description: 'Borra todo lo que el tutor ha guardado sobre ti' },
    export: { name: 'exportar', description: 'Descarga todo lo que el tutor ha guardado sobre ti' },
  },
  options: {
    topic: { name: 'tema', description: 'Lo que quieres aprender' },
    level: { name: 'nivel', description: 'Cuánto sabes ya del tema' },
    mode: { name: 'modo', description: 'Un curso con plan o solo respuestas a tus preguntas' },
    persona: { name: 'carácter', description: 'Cómo habla el tutor: elige uno o descríbelo tú' },
    private: { name: 'privado', description: 'Solo tú y quienes invites ven el hilo' },
    question: { name: 'pregunta', description: 'Lo que quieres saber' },
    speak: { name: 'hablar', description: 'Sí o no: mensajes de voz en la lección. Entrar o salir: tu canal de voz' },
    voice: { name: 'voz', description: 'El nombre de la voz que quieres oír, o «default»' },
  },
  adminSubcommands: {
    settings: { name: 'ajustes', description: 'Elige dónde empiezan las lecciones, quién puede empezarlas y más' },
    subscribe: { name: 'suscribirse', description: 'Consigue más lecciones para este servidor' },
    billing: { name: 'facturación', description: 'Mira qué tiene y usa este servidor, y cámbialo o cancélalo' },
    move: { name: 'trasladar', description: 'Usa aquí lo que pagas en otro servidor' },
  },
  adminOptions: {
    plan: { name: 'plan', description: 'Qué plan' },
    server: { name: 'servidor', description: 'El servidor por el que pagas ahora' },
  },
  levels: { beginner: 'Principiante', intermediate: 'Intermedio', advanced: 'Avanzado' },
  modes: { course: 'Un curso con plan', questions: 'Solo mis preguntas' },
  speaking: { on: 'Sí', off: 'No', join: 'Entra en mi canal de voz', leave: 'Sal del canal de voz' },
};
