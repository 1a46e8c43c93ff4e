/** Name of the report's shape: raised when a key changes its meaning or goes; keys may be added under the same number. */
export const reportSchemaId = 'urn:kvitto:report:1';
