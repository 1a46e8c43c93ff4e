import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pipelineOf } from './pipeline.ts';

const github = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SERVER_URL: 'https://github.example',
  GITHUB_REPOSITORY: 'acme/shop',
  GITHUB_RUN_ID: '77',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_SHA: '0a1b2c',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_ACTOR: 'kim',
};

test('no pipeline', () => {
  assert.equal(pipelineOf({}), null);
  assert.equal(pipelineOf({ CI: 'true', BUILD_URL: 'https://ci.example/1' }), null);
  assert.equal(pipelineOf({ GITHUB_ACTIONS: 'false', GITLAB_CI: '' }), null);
});

test('GitHub Actions: a push, a pull request, and a run that was started again', () => {
  assert.deepEqual(pipelineOf(github), {
    system: 'github',
    change: 'https://github.example/acme/shop/commit/0a1b2c',
    run: 'https://github.example/acme/shop/actions/runs/77',
    user: 'kim',
  });
  const again = { GITHUB_REF: 'refs/pull/12/merge', GITHUB_RUN_ATTEMPT: '3', GITHUB_TRIGGERING_ACTOR: 'robin' };
  assert.deepEqual(pipelineOf({ ...github, ...again }), {
    system: 'github',
    change: 'https://github.example/acme/shop/pull/12',
    run: 'https://github.example/acme/shop/actions/runs/77/attempts/3',
    user: 'robin',
  });
});

test('what a pipeline does not tell is not made up', () => {
  assert.deepEqual(pipelineOf({ GITHUB_ACTIONS: 'true', GITHUB_SHA: 'abc' }), {
    system: 'github',
    change: null,
    run: null,
    user: null,
  });
  assert.deepEqual(pipelineOf({ ...github, GITHUB_SERVER_URL: 'javascript:alert(1)' }), {
    system: 'github',
    change: null,
    run: null,
    user: 'kim',
  });
});

test('GitLab CI: a commit, and a merge request of a fork; the job token goes', () => {
  const gitlab = {
    GITLAB_CI: 'true',
    CI_PROJECT_URL: 'https://git.example/acme/shop',
    CI_COMMIT_SHA: '0a1b2c',
    CI_JOB_URL: 'https://gitlab-ci-token:not-a-secret@git.example/acme/shop/-/jobs/5',
    CI_PIPELINE_URL: 'https://git.example/acme/shop/-/pipelines/4',
    GITLAB_USER_LOGIN: 'kim',
  };
  assert.deepEqual(pipelineOf(gitlab), {
    system: 'gitlab',
    change: 'https://git.example/acme/shop/-/commit/0a1b2c',
    run: 'https://git.example/acme/shop/-/jobs/5',
    user: 'kim',
  });
  const request = { CI_MERGE_REQUEST_PROJECT_URL: 'https://git.example/up/shop', CI_MERGE_REQUEST_IID: '9' };
  assert.equal(pipelineOf({ ...gitlab, ...request })?.change, 'https://git.example/up/shop/-/merge_requests/9');
  assert.equal(pipelineOf({ ...gitlab, CI_JOB_URL: undefined })?.run, 'https://git.example/acme/shop/-/pipelines/4');
});

test('Jenkins: a change request, and a commit of which only the address for Git is known', () => {
  const jenkins = { JENKINS_URL: 'https://ci.example/', BUILD_URL: 'https://ci.example/job/shop/3/' };
  const change = { CHANGE_URL: 'https://git.example/acme/shop/pull/4', BUILD_USER_ID: 'kim' };
  assert.deepEqual(pipelineOf({ ...jenkins, ...change }), {
    system: 'jenkins',
    change: 'https://git.example/acme/shop/pull/4',
    run: 'https://ci.example/job/shop/3',
    user: 'kim',
  });
  const commits: [string, string | null][] = [
    ['https://kim:not-a-secret@git.example/acme/shop.git', 'git+https://git.example/acme/shop.git#0a1b'],
    ['git@git.example:acme/shop.git', 'git+ssh://git.example/acme/shop.git#0a1b'],
    ['ssh://git@git.example:2222/acme/shop.git', 'git+ssh://git.example:2222/acme/shop.git#0a1b'],
    ['/srv/git/shop.git', null],
  ];
  for (const [GIT_URL, expected] of commits) {
    assert.equal(pipelineOf({ ...jenkins, GIT_URL, GIT_COMMIT: '0a1b' })?.change, expected, GIT_URL);
  }
});

test('Azure Pipelines: projects with spaces, pull requests of both kinds of repository', () => {
  const azure = {
    TF_BUILD: 'True',
    SYSTEM_COLLECTIONURI: 'https://dev.azure.example/acme/',
    SYSTEM_TEAMPROJECT: 'The Shop',
    BUILD_BUILDID: '42',
    BUILD_REPOSITORY_URI: 'https://acme@dev.azure.example/acme/The%20Shop/_git/shop',
    BUILD_SOURCEVERSION: '0a1b2c',
    BUILD_REQUESTEDFOREMAIL: 'kim@acme.example',
  };
  assert.deepEqual(pipelineOf(azure), {
    system: 'azure',
    change: 'https://dev.azure.example/acme/The%20Shop/_git/shop/commit/0a1b2c',
    run: 'https://dev.azure.example/acme/The%20Shop/_build/results?buildId=42',
    user: 'kim@acme.example',
  });
  assert.equal(
    pipelineOf({ ...azure, SYSTEM_PULLREQUEST_PULLREQUESTID: '8' })?.change,
    'https://dev.azure.example/acme/The%20Shop/_git/shop/pullrequest/8',
  );
  const hub = { BUILD_REPOSITORY_URI: 'https://github.example/acme/shop', SYSTEM_PULLREQUEST_PULLREQUESTNUMBER: '6' };
  assert.equal(pipelineOf({ ...azure, ...hub })?.change, 'https://github.example/acme/shop/pull/6');
});

test('Bitbucket Pipelines', () => {
  const bitbucket = {
    BITBUCKET_BUILD_NUMBER: '15',
    BITBUCKET_GIT_HTTP_ORIGIN: 'http://bitbucket.example/acme/shop',
    BITBUCKET_COMMIT: '0a1b2c',
    BITBUCKET_STEP_TRIGGERER_UUID: '{0f-1e}',
  };
  assert.deepEqual(pipelineOf(bitbucket), {
    system: 'bitbucket',
    change: 'https://bitbucket.example/acme/shop/commits/0a1b2c',
    run: 'https://bitbucket.example/acme/shop/pipelines/results/15',
    user: '{0f-1e}',
  });
  assert.equal(
    pipelineOf({ ...bitbucket, BITBUCKET_PR_ID: '3' })?.change,
    'https://bitbucket.example/acme/shop/pull-requests/3',
  );
});
