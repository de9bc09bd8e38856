/** The answers of a user to the alerts of a page, and what is submitted (DM-1.3 §10.2; HTML "Form submission"). */
import { describe, expect, test } from 'vitest';
import { answerAlert, type Interaction, type InteractionStep, nextAlert } from '../../src/interaction/interaction.ts';
import { readPage } from '../../src/interaction/read-page.ts';
import { type Submission, submissionOf } from '../../src/interaction/submission.ts';

type Status = readonly [status: number, ...items: readonly string[]];

function start(html: string): Interaction {
  const page = readPage(html, 'http://r.example/dir/page?x=1#top');
  if ('problem' in page) throw new Error(page.problem);
  return { page, answers: [] };
}

/** Plays these Statuses; the last step. */
function play(html: string, statuses: readonly Status[]): InteractionStep {
  let step: InteractionStep = { kind: 'asking', interaction: start(html) };
  for (const [status, ...items] of statuses) {
    if (step.kind !== 'asking') throw new Error(`a Status too many: ${step.kind}`);
    step = answerAlert(step.interaction, { status, items });
  }
  return step;
}

function submitted(html: string, statuses: readonly Status[]): Submission {
  const step = play(html, statuses);
  if (step.kind !== 'complete' || step.interaction.page.form === undefined) throw new Error(step.kind);
  return submissionOf(step.interaction.page.form, step.interaction.answers, 'limit');
}

const form = (controls: string, attributes = 'method=post action=/a') => `<form ${attributes}>${controls}</form>`;
const CHOICES = 'Pick<select name=s><option value=1>One<option value=2>Two</select>';
const BUTTONS = 'Sure?<button name=a value=y>Yes</button><button name=b value=n>No</button>';

describe('a submission', () => {
  test.each<[string, string, readonly Status[], string]>([
    [
      'a text and a hidden value',
      '<p>Your name?</p><input name=n maxlength=5 value=Bo><input type=hidden name=s value=7><button>OK',
      [[200, 'Ann']],
      'n=Ann&s=7',
    ],
    ['a text that the user left empty', '<input name=n>', [[200]], 'n='],
    ['line ends as forms have them', '<textarea name=n></textarea>', [[200, 'a\nb']], 'n=a%0D%0Ab'],
    [
      'line ends in names and choices as forms have them',
      '<input type=radio name="x&#10;y" value="a&#13;b">',
      [[200, '1']],
      'x%0D%0Ay=a%0D%0Ab',
    ],
    [
      'line ends in the name and value of a button as forms have them',
      'Sure?<button name="x&#10;y" value="a&#10;b">Yes</button><button>No</button>',
      [[200]],
      'x%0D%0Ay=a%0D%0Ab',
    ],
    ['a date', '<input type=date name=d>', [[200, '01122026']], 'd=2026-12-01'],
    ['a time', '<input type=time name=t>', [[200, '073005']], 't=07%3A30%3A05'],
    ['the first button for yes', BUTTONS, [[200]], 'a=y'],
    ['the second button for no', BUTTONS, [[304]], 'b=n'],
    ['a checked box', '<input type=checkbox name=c>', [[200]], 'c=on'],
    ['nothing of a box that is not checked', '<input type=checkbox name=c><input type=hidden name=h>', [[304]], 'h='],
    ['the chosen option', CHOICES, [[200, '2']], 's=2'],
    [
      'all chosen boxes in the order of the page',
      '<input type=checkbox name=c value=1><input type=checkbox name=c value=2><input type=checkbox name=c value=3>',
      [[200, '3', '1', '3']],
      'c=1&c=3',
    ],
    ['nothing of a multiple choice without Items', '<select multiple name=m><option>x</select>', [[200]], ''],
    ['the only button', '<input name=n><button name=go value=1>', [[200, 'x']], 'n=x&go=1'],
    [
      'neither of two buttons beside controls',
      '<input name=n><button name=a></button><button name=b>',
      [[200, 'x']],
      'n=x',
    ],
    [
      'the answers to several alerts',
      '<input name=a><input name=b>',
      [
        [200, '1'],
        [200, '2'],
      ],
      'a=1&b=2',
    ],
    ['a form with one button', 'Ready<button name=go value=1>', [[200]], 'go=1'],
  ])('%s', (_, controls, statuses, body) => {
    expect(submitted(form(controls), statuses)).toEqual({
      method: 'POST',
      url: 'http://r.example/a',
      contentType: 'application/x-www-form-urlencoded',
      body,
    });
  });

  test.each<[number, Submission]>([
    [200, { method: 'POST', url: 'http://r.example/y', contentType: 'application/x-www-form-urlencoded', body: 'a=1' }],
    [304, { method: 'GET', url: 'http://r.example/n?b=2' }],
  ])('the Status %i of a question leads to the address of its button', (status, submission) => {
    const html = form(
      'Sure?<button name=a value=1 formaction=/y>Yes</button><button name=b value=2 formaction=/n formmethod=get>No',
    );
    expect(submitted(html, [[status]])).toEqual(submission);
  });

  test('line ends in a multipart form', () => {
    const html = form(
      '<input type=hidden name="a&#10;b" value="c&#10;d"><input type=checkbox name="e&#13;f" value="g&#10;h">',
      'method=post action=/a enctype=multipart/form-data',
    );
    expect(submitted(html, [[200]]).body).toBe(
      '--limit\r\nContent-Disposition: form-data; name="a%0D%0Ab"\r\n\r\nc\r\nd\r\n' +
        '--limit\r\nContent-Disposition: form-data; name="e%0D%0Af"\r\n\r\ng\r\nh\r\n--limit--\r\n',
    );
  });

  test('by GET the query of the action is replaced', () => {
    expect(submitted(form('<input name=n>', 'action="/q?old=1"'), [[200, 'a b']])).toEqual({
      method: 'GET',
      url: 'http://r.example/q?n=a+b',
    });
  });

  test('a multipart form is sent as browsers send it', () => {
    const html = form('<input name="a&quot;b">', 'method=post enctype=multipart/form-data');
    expect(submitted(html, [[200, 'ä']])).toEqual({
      method: 'POST',
      url: 'http://r.example/dir/page?x=1',
      contentType: 'multipart/form-data; boundary=limit',
      body: '--limit\r\nContent-Disposition: form-data; name="a%22b"\r\n\r\nä\r\n--limit--\r\n',
    });
  });
});

describe('a user who does not answer', () => {
  test.each<[string, string, Status]>([
    ['cancels', '<input name=n>', [214]],
    ['says no to a text', '<input name=n>', [304]],
    ['says no to a page that is only shown', 'Ready<button>', [304]],
    ['lets the time run out', '<input name=n>', [408]],
    ['has a device without alerts', '<input name=n>', [406]],
    ['cancels a question', BUTTONS, [214]],
    ['chooses nothing', CHOICES, [200]],
    ['chooses a number that is none', CHOICES, [200, '3']],
    ['chooses the number 0', CHOICES, [200, '0']],
    ['chooses a text', CHOICES, [200, 'Two']],
    ['chooses two of one', CHOICES, [200, '1', '2']],
    ['types a date that is none', '<input type=date name=d>', [200, '31022026']],
    ['types a time that is none', '<input type=time name=t>', [200, '250000']],
  ])('submits nothing when the user %s', (_, controls, status) => {
    expect(play(form(controls), [status])).toEqual({ kind: 'ended', reason: expect.any(String) });
  });

  test('submits nothing when only the second alert is cancelled', () => {
    expect(play(form('<input name=a><input name=b>'), [[200, '1'], [214]]).kind).toBe('ended');
  });
});

test('a page without a form ends when it was shown', () => {
  expect(nextAlert(start('Hello'))).toMatchObject({ code: 1100, text: 'Hello' });
  expect(play('Hello', [[200]])).toEqual({ kind: 'ended', reason: 'the user has seen the page' });
});
