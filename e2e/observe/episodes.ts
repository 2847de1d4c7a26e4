import { abuse, burst, latePins, mistakes, repeats, strangers } from "./caller-episodes.ts";
import type { Episode } from "./stage.ts";
import { storeTrouble } from "./store-episode.ts";
import {
  frequentErrors,
  nothingButErrors,
  oddAnswers,
  refusedAccount,
  slowAnswers,
  unreachable,
} from "./upstream-episodes.ts";

/** All that happens, in an order in which nothing spoils the next: what stops everything for a while comes last. */
export const episodes: readonly Episode[] = [
  mistakes,
  repeats,
  oddAnswers,
  strangers,
  latePins,
  abuse,
  burst,
  frequentErrors,
  slowAnswers,
  unreachable,
  nothingButErrors,
  storeTrouble,
  refusedAccount,
];
