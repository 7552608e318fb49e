/** Last, where it is read: a suite that did not run must not go unseen. */
export default function tellWhatWasLeftOut() {
  const message = process.env.TESTS_LEFT_OUT;
  if (message) process.stderr.write(`\n${message}\n`);
}
