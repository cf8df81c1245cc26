/** The queue of every platform that any worker can reach. */
export const SHARED_QUEUE = 'lessons';
