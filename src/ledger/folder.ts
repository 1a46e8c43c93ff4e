import path from 'node:path';

/** Where everything lies in a ledger's folder. */
export function ledgerPaths(folder: string) {
  return {
    folder,
    database: path.join(folder, 'ledger.db'),
    documents: path.join(folder, 'documents'),
    log: path.join(folder, 'log'),
    keys: path.join(folder, 'keys'),
    /** The private key of the log. */
    key: path.join(folder, 'keys', 'log.key'),
    /** Verifier keys of the log, one a line, the present one last. */
    publicKeys: path.join(folder, 'keys', 'log.pub'),
  };
}
