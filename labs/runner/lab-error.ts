/** A lab that cannot be read or a step that did not come true; the message is for the person at the terminal. */
export class LabError extends Error {
  override name = 'LabError';
}

/** Points at the line of a lab's file that is wrong. */
export const badLine = (file: string, lineNumber: number, reason: string): LabError =>
  new LabError(`${file}:${lineNumber}: ${reason}`);
