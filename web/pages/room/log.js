/**
 * What was said and what happened in a room, in the order of its events: the same for everybody.
 */

import { t } from "../../texts/texts.js";

/**
 * @typedef {{seq: number, at: string, message_id: string, team_id: string, author: string, message: string | null}} Message
 * @typedef {{seq: number, at: string, told: string}} Told what the room itself says
 * @typedef {Message | Told} Line
 */

/** How many messages a page begins with, and how many older ones come at a time. */
export const HISTORY = 50;
/** More lines than this make a page slow; older ones can be read again. */
const MOST = 500;

/** @type {Record<string, (frame: any) => string>} */
const SENTENCES = {
  team_joined: ({ team }) => t("room.joined", { name: team }),
  team_left: ({ team }) => t("room.left", { name: team }),
  owner_changed: ({ owner }) => t("room.owner-now", { name: owner }),
  problem_added: ({ problem_id }) => t("room.added", { name: problem_id }),
  first_correct: ({ team, points }) => t("room.was-first", { name: team, points }),
  chat_muted: ({ team }) => t("room.was-muted", { name: team }),
  chat_unmuted: ({ team }) => t("room.was-unmuted", { name: team }),
  contest_update: ({ state }) => (state === "ended" ? t("room.closed") : ""),
};

/** The lines of one room. */
export class Log {
  /** @type {Map<number, Line>} */
  #lines = new Map();
  /** Where older messages begin; 0 when there are none. */
  older = 0;

  /** In order. */
  get lines() {
    return [...this.#lines.values()].sort((a, b) => a.seq - b.seq);
  }

  /** Whether a message has come. @param {string} id */
  has(id) {
    return [...this.#lines.values()].some((line) => "message_id" in line && line.message_id === id);
  }

  /**
   * @param {any} frame of the socket
   * @returns {boolean} whether something is to be seen that was not
   */
  heard(frame) {
    if (frame.type === "chat_history") this.#begin(frame.messages);
    else if (frame.type === "chat") this.#put(frame);
    else if (frame.type === "chat_deleted") this.#blank(frame.message_id);
    else {
      const told = SENTENCES[frame.type]?.(frame);
      if (!told) return false;
      this.#put({ seq: frame.seq, at: frame.at, told });
    }
    return true;
  }

  /** What is here may have a hole: it is read anew. @param {Message[]} messages */
  #begin(messages) {
    this.#lines.clear();
    messages.forEach((message) => this.#lines.set(message.seq, message));
    this.older = messages.length < HISTORY ? 0 : messages[0].seq;
  }

  /** @param {{data: Message[], next_cursor: string | null}} page older ones, the newest first */
  prepend({ data, next_cursor }) {
    data.forEach((message) => this.#lines.set(message.seq, message));
    this.older = Number(next_cursor ?? 0);
  }

  /** @param {Line} line */
  #put(line) {
    this.#lines.set(line.seq, line);
    if (this.#lines.size <= MOST) return;
    const [oldest, next] = this.lines;
    this.#lines.delete(oldest.seq);
    this.older = next.seq;
  }

  /** @param {string} id */
  #blank(id) {
    for (const line of this.#lines.values()) if ("message_id" in line && line.message_id === id) line.message = null;
  }
}
