/** What one burst of load came to. */
export interface LoadResult {
  /** Calls that were answered with success. */
  readonly calls: number;
  readonly callsPerSecond: number;
  /** Bytes of all answers' bodies together; undefined where the tool does not tell. */
  readonly answerBytes: number | undefined;
  /** Calls that may have been started and cut off at the end, unanswered. */
  readonly cutOffMax: number;
}
