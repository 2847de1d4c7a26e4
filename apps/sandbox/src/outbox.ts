import { createNewestFirst } from "./newest-first.ts";

const messagesMax = 1_000;

/** A text message the emulated provider has "sent". */
export interface Message {
  readonly to: string;
  readonly text: string;
  readonly pin: string;
  /** RFC 3339. */
  readonly time: string;
}

/** The newest 1,000 messages. */
export interface Outbox {
  add(message: Message): void;
  /** Newest first, all or those to one phone number. */
  messages(to?: string): Message[];
  clear(): void;
}

/** Creates an empty outbox. */
export function createOutbox(): Outbox {
  const newest = createNewestFirst<Message>(messagesMax);
  return {
    add: newest.add,
    messages: (to) => newest.items().filter((message) => to === undefined || message.to === to),
    clear: newest.clear,
  };
}
