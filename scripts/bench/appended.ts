/** What the process of the bare statement is told: every author sends as soon as the last message is stored. */
export type AppendOptions = { streamId: string; authorIds: string[]; content: string; seconds: number };
