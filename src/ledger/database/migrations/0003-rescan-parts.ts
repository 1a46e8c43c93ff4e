/** Parts of a pass over everything, for the workers that share it. Notation: 0001-ledger.ts. */
export const rescanParts = `
CREATE TABLE rescan_part (bulk BIGINT NOT NULL, part BIGINT NOT NULL, snapshot TEXT NOT NULL, work TEXT NOT NULL, worker TEXT, lease BIGINT NOT NULL, done BIGINT NOT NULL, result TEXT NOT NULL, PRIMARY KEY (bulk, part)) CLUSTERED;
`;
