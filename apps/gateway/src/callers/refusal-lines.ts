import type { Clock, Peer, Timer } from "@verigate/call";
import { nameOfPeer } from "./name-of-peer.ts";

export interface RefusalLinesOptions<Line> {
  readonly clock: Clock;
  /** Writes a line, which stands for so many refusals; it is about the last of them. */
  readonly write: (line: Line, times: number) => void;
}

/** Lines about calls that were refused before anybody knew who made them. */
export interface RefusalLines<Line> {
  /** A call of this peer was refused, of which the line tells. */
  add(peer: Peer, line: Line): void;
  /** Writes at once what would be written at the end of the minute. */
  flush(): void;
}

interface Told<Line> {
  written: number;
  waiting: number;
  last: Line;
}

const minuteMs = 60_000;
const perPeerMax = 30;
/** For all peers together. */
const linesMax = 1_000;
/** Beyond this, peers are taken for one. */
const peersMax = 1_000;
const others = "others";

/**
 * Bounds what strangers can write into a log: 30 lines a minute by each peer, and
 * 1,000 by all. What is beyond that is told of at the end of the minute, by one
 * line for each peer that says how many there were. The minute begins with the
 * first refusal after the last one.
 */
export function createRefusalLines<Line>({ clock, write }: RefusalLinesOptions<Line>): RefusalLines<Line> {
  const peers = new Map<string, Told<Line>>();
  let written = 0;
  let timer: Timer | undefined;

  function flush(): void {
    timer?.cancel();
    timer = undefined;
    const told = [...peers.values()];
    peers.clear();
    written = 0;
    for (const { waiting, last } of told) {
      if (waiting > 0) {
        write(last, waiting);
      }
    }
  }

  return {
    flush,
    add(peer, line) {
      timer ??= clock.setTimer(minuteMs, flush);
      const own = nameOfPeer(peer);
      const name = peers.has(own) || peers.size < peersMax ? own : others;
      const told = peers.get(name) ?? { written: 0, waiting: 0, last: line };
      peers.set(name, told);
      if (told.written < perPeerMax && written < linesMax) {
        told.written += 1;
        written += 1;
        write(line, 1);
      } else {
        told.waiting += 1;
        told.last = line;
      }
    },
  };
}
