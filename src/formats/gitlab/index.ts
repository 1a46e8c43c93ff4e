import type { Format } from '../format.ts';
import { jsonText } from '../json-text.ts';
import { toGitlab } from './report.ts';

export const gitlab: Format = {
  id: 'gitlab',
  mediaType: 'application/json',
  about: 'security report of GitLab (15.x): container scanning, or dependency scanning of a directory',
  render: (report) => jsonText(toGitlab(report)),
};
