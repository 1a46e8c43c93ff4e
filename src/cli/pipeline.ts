import { cleanAddress } from './clean-address.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The pipeline that a command runs in, as far as its environment tells. Addresses are cleaned of secrets. */
export interface Pipeline {
  readonly system: 'github' | 'gitlab' | 'jenkins' | 'azure' | 'bitbucket';
  /** The merge request, else the commit. */
  readonly change: string | null;
  readonly run: string | null;
  /** Who started it, as the system names them: a person, and so never part of the log. */
  readonly user: string | null;
}

/** The pipeline of GitHub Actions, GitLab CI, Jenkins, Azure Pipelines or Bitbucket Pipelines; null where there is none. */
export function pipelineOf(env: Environment): Pipeline | null {
  for (const read of [github, gitlab, azure, bitbucket, jenkins]) {
    const found = read(env);
    if (found !== null) return found;
  }
  return null;
}

const text = (env: Environment, name: string): string | null => {
  const value = env[name]?.trim();
  return value === undefined || value === '' ? null : value;
};

/** An address put together from parts; null where one of them is missing. */
function address(base: string | null, ...parts: readonly (string | null)[]): string | null {
  if (base === null || parts.includes(null)) return null;
  return cleanAddress([base.replace(/\/+$/, ''), ...parts].join('/'));
}

/** https://docs.github.com/en/actions/reference/workflows-and-actions/variables */
function github(env: Environment): Pipeline | null {
  if (env['GITHUB_ACTIONS'] !== 'true') return null;
  const repository = address(text(env, 'GITHUB_SERVER_URL'), text(env, 'GITHUB_REPOSITORY'));
  const pull = /^refs\/pull\/(\d+)\//.exec(env['GITHUB_REF'] ?? '')?.[1] ?? null;
  const attempt = text(env, 'GITHUB_RUN_ATTEMPT');
  const again = attempt === null || attempt === '1' ? [] : ['attempts', attempt];
  return {
    system: 'github',
    change: address(repository, 'pull', pull) ?? address(repository, 'commit', text(env, 'GITHUB_SHA')),
    run: address(repository, 'actions/runs', text(env, 'GITHUB_RUN_ID'), ...again),
    // Who ran it again, which need not be who ran it first.
    user: text(env, 'GITHUB_TRIGGERING_ACTOR') ?? text(env, 'GITHUB_ACTOR'),
  };
}

/** https://docs.gitlab.com/ci/variables/predefined_variables/ */
function gitlab(env: Environment): Pipeline | null {
  if (env['GITLAB_CI'] !== 'true') return null;
  const request = address(
    text(env, 'CI_MERGE_REQUEST_PROJECT_URL'),
    '-/merge_requests',
    text(env, 'CI_MERGE_REQUEST_IID'),
  );
  return {
    system: 'gitlab',
    change: request ?? address(text(env, 'CI_PROJECT_URL'), '-/commit', text(env, 'CI_COMMIT_SHA')),
    run: address(text(env, 'CI_JOB_URL')) ?? address(text(env, 'CI_PIPELINE_URL')),
    user: text(env, 'GITLAB_USER_LOGIN'),
  };
}

/** https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables; BUILD_USER_ID: plug-in "build user vars". */
function jenkins(env: Environment): Pipeline | null {
  const run = text(env, 'BUILD_URL');
  if (text(env, 'JENKINS_URL') === null || run === null) return null;
  return {
    system: 'jenkins',
    change: address(text(env, 'CHANGE_URL')) ?? commit(text(env, 'GIT_URL'), text(env, 'GIT_COMMIT')),
    run: address(run),
    user: text(env, 'BUILD_USER_ID'),
  };
}

/** A commit in a repository of which only the address for Git is known: `git+https://host/path#commit`. */
function commit(repository: string | null, hash: string | null): string | null {
  if (repository === null || hash === null) return null;
  const [, host, path] = /^(?:[\w.-]+@)?([\w.-]+):(?!\/\/)(.+)$/.exec(repository) ?? [];
  const url = host === undefined || path === undefined ? repository : `ssh://${host}/${path}`;
  return cleanAddress(`git+${url}#${hash}`);
}

/** https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables */
function azure(env: Environment): Pipeline | null {
  if (env['TF_BUILD']?.toLowerCase() !== 'true') return null;
  const repository = text(env, 'BUILD_REPOSITORY_URI');
  const build = text(env, 'BUILD_BUILDID');
  return {
    system: 'azure',
    change:
      address(repository, 'pull', text(env, 'SYSTEM_PULLREQUEST_PULLREQUESTNUMBER')) ??
      address(repository, 'pullrequest', text(env, 'SYSTEM_PULLREQUEST_PULLREQUESTID')) ??
      address(repository, 'commit', text(env, 'BUILD_SOURCEVERSION')),
    run: address(
      text(env, 'SYSTEM_COLLECTIONURI'),
      text(env, 'SYSTEM_TEAMPROJECT'),
      build === null ? null : `_build/results?buildId=${encodeURIComponent(build)}`,
    ),
    user: text(env, 'BUILD_REQUESTEDFOREMAIL') ?? text(env, 'BUILD_REQUESTEDFOR'),
  };
}

/** https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/ */
function bitbucket(env: Environment): Pipeline | null {
  const build = text(env, 'BITBUCKET_BUILD_NUMBER');
  if (build === null) return null;
  const repository = text(env, 'BITBUCKET_GIT_HTTP_ORIGIN')?.replace(/^http:/, 'https:') ?? null;
  return {
    system: 'bitbucket',
    change:
      address(repository, 'pull-requests', text(env, 'BITBUCKET_PR_ID')) ??
      address(repository, 'commits', text(env, 'BITBUCKET_COMMIT')),
    run: address(repository, 'pipelines/results', build),
    user: text(env, 'BITBUCKET_STEP_TRIGGERER_UUID'),
  };
}
