/** The headings under which `kvitto --help` lists the commands. */
export const groups = {
  begin: 'To begin:',
  shipped: 'What is shipped:',
  ledger: 'What runs, and what is done about it (written into the ledger):',
  watch: 'What becomes known of what runs, told at once:',
  questions: 'Questions to the ledger:',
  proof: 'Proof:',
  advisories: 'What is known:',
} as const;
