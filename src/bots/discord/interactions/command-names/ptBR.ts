import type { CommandNames } from './en.ts';

export const ptBR: CommandNames = {
  tutor: { name: 'tutor', description: 'Aprenda o que quiser, passo a passo, com um tutor que segue o plano' },
  admin: { name: 'tutor-admin', description: 'Configurações do tutor neste servidor' },
  askAbout: 'Perguntar ao tutor sobre isto',
  subcommands: {
    start: { name: 'começar', description: 'Comece uma aula em um tópico próprio' },
    ask: { name: 'perguntar', description: 'Faça uma pergunta ao tutor, na sua aula ou fora dela' },
    plan: { name: 'plano', description: 'Mostra o plano desta aula' },
    progress: { name: 'progresso', description: 'Mostra o que você aprendeu até agora' },
    hint: { name: 'dica', description: 'Dá uma dica para a pergunta em aberto' },
    skip: { name: 'pular', description: 'Deixa este passo e segue para o próximo' },
    pause: { name: 'pausar', description: 'Faça uma pausa; a aula espera por você' },
    resume: { name: 'continuar', description: 'Continue de onde parou' },
    end: { name: 'encerrar', description: 'Encerra esta aula com um resumo' },
    voice: { name: 'voz', description: 'Ouça o tutor: respostas em mensagens de voz, sim ou não' },
    settings: { name: 'ajustes', description: 'Escolha como o tutor ensina você' },
    forget: { name: 'esquecer', description: 'Apaga tudo o que o tutor guardou sobre você' },
    export: { name: 'exportar', description: 'Baixa tudo o que o tutor guardou sobre você' },
  },
  options: {
    topic: { name: 'assunto', description: 'O que você quer aprender' },
    level: { name: 'nível', description: 'Quanto você já sabe sobre o assunto' },
    mode: { name: 'modo', description: 'Um curso com plano ou só respostas às suas perguntas' },
    persona: { name: 'personalidade', description: 'Como o tutor fala: escolha uma ou descreva do seu jeito' },
    private: { name: 'privado', description: 'Só você e quem você convidar veem o tópico' },
    question: { name: 'pergunta', description: 'O que você quer saber' },
    speak: { name: 'falar', description: 'Sim ou não: mensagens de voz na aula. Entrar ou sair: seu canal de voz' },
  },
  levels: { beginner: 'Iniciante', intermediate: 'Intermediário', advanced: 'Avançado' },
  modes: { course: 'Um curso com plano', questions: 'Só as minhas perguntas' },
  speaking: { on: 'Sim', off: 'Não', join: 'Entre no meu canal de voz', leave: 'Saia do canal de voz' },
};
