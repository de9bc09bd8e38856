/** Pages of HTML as user interaction alerts (DM-2.0 §5.3.7; DM-1.3 §10). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Page, PageAlert } from '../../src/interaction/page.ts';
import { readPage } from '../../src/interaction/read-page.ts';

const URL_OF_PAGE = 'http://r.example/dir/page?x=1';

function pageOf(html: string): Page {
  const page = readPage(html, URL_OF_PAGE);
  if ('problem' in page) throw new Error(page.problem);
  return page;
}

/** An alert as the Items of its message, behind its code. */
function written({ code, options, text, choices }: PageAlert): readonly unknown[] {
  return [code, [options, text, ...choices]];
}

function alertsOf(html: string): readonly unknown[] {
  return pageOf(html).alerts.map(written);
}

const form = (controls: string, attributes = 'method=post action=/a') => `<form ${attributes}>${controls}</form>`;

describe('the text of a page', () => {
  test.each([
    ['white space is one blank', '<p>Hello \n\t world </p>', 'Hello world'],
    ['blocks begin lines', 'a<div>b<p>c</p></div>d', 'a\nb\nc\nd'],
    ['br begins a line', 'a<br>b<br/>\nc', 'a\nb\nc'],
    ['inline elements do not', 'a<b>b</b><span> c</span>', 'ab c'],
    ['an image is its alternative text', '<img alt="A dog" src=x><img src=y>', 'A dog'],
    ['scripts, styles and templates are left out', '<script>x</script><style>y</style><template>z</template>ok', 'ok'],
    ['noscript is left out', '<noscript>turn it on</noscript>ok', 'ok'],
    ['hidden elements are left out', '<p hidden>a</p><p style="color:red; display : none">b</p>c', 'c'],
    ['references are characters', 'a &lt; b &amp; c&nbsp;d &#x20AC;', 'a < b & c\u00a0d €'],
    ['the title counts only without text', '<title> My  page </title><body> </body>', 'My page'],
    ['the title does not count beside text', '<title>My page</title>text', 'text'],
  ])('%s', (_, html, text) => {
    expect(alertsOf(html)).toEqual([[1100, ['', text]]]);
    expect(pageOf(html).form).toBeUndefined();
  });

  test('nodes below a depth of 512 are left out', () => {
    expect(alertsOf(`top<div>${'<span>'.repeat(600)}deep`)).toEqual([[1100, ['', 'top']]]);
    expect(alertsOf(`top<div>${'<span>'.repeat(400)}deep`)).toEqual([[1100, ['', 'top\ndeep']]]);
  });
});

describe('the controls of a page', () => {
  test.each<[string, string, readonly unknown[]]>([
    [
      'a text with a default and a length',
      form('<p>Your name?</p><input name=n maxlength=5 value=Bo><input type=hidden name=s value=7><button>OK'),
      [1102, ['DR=Bo&MAXLEN=5', 'Your name?']],
    ],
    [
      'a default of several words',
      form('Name <input name=n value="John Doe"><button>'),
      [1102, ['DR=John+Doe', 'Name n']],
    ],
    ['a search', form('Find <input type=search name=Find>'), [1102, ['', 'Find']]],
    ['an unknown type, which is text', form('A <input type=foo name=A>'), [1102, ['', 'A']]],
    ['a text area', form('Note <textarea name=Note maxlength=9>a b</textarea>'), [1102, ['DR=a+b&MAXLEN=9', 'Note']]],
    ['a password', form('PIN <input type=password name=PIN maxlength=4>'), [1102, ['MAXLEN=4&ET=P', 'PIN']]],
    ['a number', form('Age <input type=number name=Age value=7>'), [1102, ['DR=7&IT=N', 'Age']]],
    ['a range', form('Age <input type=range name=Age>'), [1102, ['IT=N', 'Age']]],
    ['digits', form('Age <input inputmode=decimal name=Age>'), [1102, ['IT=N', 'Age']]],
    ['a date', form('Day <input type=date name=Day value=2026-12-01>'), [1102, ['DR=01122026&IT=D', 'Day']]],
    ['a date whose default is none', form('Day <input type=date name=Day value=soon>'), [1102, ['IT=D', 'Day']]],
    ['a time', form('At <input type=time name=At value=07:30>'), [1102, ['DR=073000&IT=T', 'At']]],
    ['a telephone number', form('Tel <input type=tel name=Tel>'), [1102, ['IT=P', 'Tel']]],
    ['an IP address', form('IP <input data-it=I name=IP>'), [1102, ['IT=I', 'IP']]],
    ['an IP address by its input mode', form('IP <input inputmode=ip name=IP>'), [1102, ['IT=I', 'IP']]],
    ['two buttons', form('Sure?<button name=a value=y>Yes</button><button name=a value=n>No'), [1101, ['', 'Sure?']]],
    [
      'two buttons, the first focused',
      form('Sure?<button autofocus>Yes</button><button>No'),
      [1101, ['DR=1', 'Sure?']],
    ],
    ['a check box', form('<label><input type=checkbox name=a>I agree</label>'), [1101, ['DR=0', 'I agree']]],
    ['a checked box', form('<label><input type=checkbox name=a checked>I agree</label>'), [1101, ['DR=1', 'I agree']]],
    [
      'radio buttons of which two are checked, as the last one',
      form('Pick<input type=radio name=r value=1 checked><input type=radio name=r value=2 checked>'),
      [1103, ['DR=2', 'Pick', '1', '2']],
    ],
    ['a number whose default is none', form('Age <input type=number name=Age value=abc>'), [1102, ['IT=N', 'Age']]],
    ['a text whose default has line ends', form('Name <input name=Name value="a&#10;b">'), [1102, ['DR=ab', 'Name']]],
    ['a form with one button', form('Ready<button>OK'), [1100, ['', 'Ready']]],
    [
      'a list',
      form('Pick<select name=s><option value="">choose<option>One<option selected>Two<option disabled>Three</select>'),
      [1103, ['DR=2', 'Pick s', 'One', 'Two']],
    ],
    [
      'a list of groups',
      form(
        'Pick s<select name=s><optgroup label=A><option>1</optgroup><optgroup disabled><option>2</optgroup></select>',
      ),
      [1103, ['', 'Pick s', '1']],
    ],
    [
      'radio buttons',
      form(
        'Pick<label><input type=radio name=r value=1>One</label><label><input type=radio name=r checked>Two</label>',
      ),
      [1103, ['DR=2', 'Pick', 'One', 'Two']],
    ],
    [
      'radio buttons with labels elsewhere',
      form('Pick<input type=radio name=r id=a><input type=radio name=r id=b><label for=a>One</label><label for=b>Two'),
      [1103, ['', 'Pick', 'One', 'Two']],
    ],
    [
      'a multiple list',
      form('Pick m<select name=m multiple><option selected>One<option>Two<option selected>Three</select>'),
      [1104, ['DR=1-3', 'Pick m', 'One', 'Two', 'Three']],
    ],
    [
      'check boxes of one name',
      form('Pick<label><input type=checkbox name=c value=1>One</label><input type=checkbox name=c value=2 checked>'),
      [1104, ['DR=2', 'Pick', 'One', '2']],
    ],
  ])('%s is one alert', (_, html, alert) => {
    expect(alertsOf(html)).toEqual([alert]);
  });

  test.each([
    ['the label', '<label for=i>Colour</label> (any) <input id=i name=n>', 'Colour (any)'],
    ['the label behind it', 'Choose <input id=i name=n><label for=i>Colour</label>', 'Choose Colour'],
    ['aria-label', 'Choose <input name=n aria-label=Colour placeholder=red>', 'Choose Colour'],
    ['placeholder', 'Choose <input name=n placeholder=red>', 'Choose red'],
    ['name', 'Choose <input name=colour>', 'Choose colour'],
    ['nothing that is in the text already', 'Choose a colour <input name=colour>', 'Choose a colour'],
  ])('a control brings %s into its text', (_, controls, text) => {
    expect(alertsOf(form(controls))).toEqual([[1102, ['', text]]]);
  });

  test('several controls are several alerts, each with the text before it, the last one with the rest', () => {
    const html = form(
      '<h1>Account</h1>Name <input name=Name><p>Mail <input name=Mail type=email><p>Thank you<button>OK',
    );
    expect(alertsOf(html)).toEqual([
      [1102, ['', 'Account\nName']],
      [1102, ['', 'Mail\nThank you']],
    ]);
  });

  test('controls that a browser does not submit are no alerts', () => {
    const html = `${form(
      'A <input name=A><input><input name=b disabled><fieldset disabled><legend><input type=hidden name=c></legend><input name=d></fieldset><button type=button>x</button><input type=reset>',
    )}<input name=outside>`;
    expect(alertsOf(html)).toEqual([[1102, ['', 'A']]]);
    expect(pageOf(html).form?.fields.map(({ name }) => name)).toEqual(['A', 'c']);
  });

  test('controls that the user cannot change or see are sent as they are', () => {
    const html = form(
      'A <input name=A><input name=ro value=1 readonly><div hidden><input name=h value=2><select name=s><option>x</select><input type=checkbox name=off></div>',
    );
    expect(alertsOf(html)).toEqual([[1102, ['', 'A']]]);
    expect(pageOf(html).form?.fields.slice(1)).toEqual([
      { kind: 'fixed', name: 'ro', value: '1' },
      { kind: 'fixed', name: 'h', value: '2' },
      { kind: 'fixed', name: 's', value: 'x' },
    ]);
  });

  test.each([
    ['an empty first option', '<option value="">-<option value=a>A', ''],
    ['a disabled first option', '<option disabled value=x>-<option value=a>A', 'a'],
    ['a selected option', '<option value="">-<option value=a selected>A', 'a'],
  ])('a hidden list with %s is sent as a browser sends it', (_, options, value) => {
    const html = form(`A <input name=A><select hidden name=s>${options}</select>`);
    expect(pageOf(html).form?.fields.slice(1)).toEqual([{ kind: 'fixed', name: 's', value }]);
  });

  test('controls in a table belong to the form that begins in the table', () => {
    const html =
      '<table><form method=post action=/a><tr><td>Name <td><input name=Name><tr><td><button name=go value=1>OK</button></form></table>';
    expect(alertsOf(html)).toEqual([[1102, ['', 'Name']]]);
    expect(pageOf(html).form).toMatchObject({ method: 'POST', action: 'http://r.example/a' });
    expect(pageOf(html).form?.fields.map(({ name }) => name)).toEqual(['Name', 'go']);
  });

  test('a control belongs to the form around it although the form has ended', () => {
    const html = '<form action=/1><div>A <input name=A></form>B <input name=B></div>';
    expect(pageOf(html).form?.fields.map(({ name }) => name)).toEqual(['A', 'B']);
  });

  test('the user does not see a dialog that is not open', () => {
    expect(alertsOf('<dialog>later</dialog><dialog open>now</dialog>')).toEqual([[1100, ['', 'now']]]);
  });

  test('a control outside of the form belongs to it by its attribute', () => {
    expect(alertsOf(`${form('A <input name=A>', 'id=f')}B <input name=B form=f>`)).toEqual([
      [1102, ['', 'A']],
      [1102, ['', 'B']],
    ]);
  });

  test.each([
    ['a file', form('<input type=file name=f>')],
    ['an image button', form('<input type=image name=f>')],
    ['a colour', form('<input type=color name=f>')],
    ['two forms', form('<input name=a>') + form('<input name=b>')],
    ['three buttons', form('<button>a</button><button>b</button><button>c</button>')],
    ['21 controls', form(Array.from({ length: 21 }, (_, at) => `<input name=n${at}>`).join(''))],
    ['51 options', form(`<select name=s>${'<option>x'.repeat(51)}</select>`)],
    ['51 radio buttons', form('<input type=radio name=r>'.repeat(51))],
  ])('a page with %s does not fit', (_, html) => {
    expect(readPage(html, URL_OF_PAGE)).toEqual({ problem: expect.any(String) });
  });

  test('20 controls and 50 options fit', () => {
    const controls = Array.from({ length: 19 }, (_, at) => `<input name=n${at}>`).join('');
    const page = pageOf(form(`${controls}<select name=s>${'<option>x'.repeat(50)}</select>`));
    expect(page.alerts).toHaveLength(20);
    expect(page.alerts.at(-1)?.choices).toHaveLength(50);
  });
});

describe('the form of a page', () => {
  test.each([
    ['/a', 'http://r.example/a'],
    ['b?y=2#top', 'http://r.example/dir/b?y=2'],
    ['', 'http://r.example/dir/page?x=1'],
    ['https://other.example/x', 'https://other.example/x'],
  ])('the action %s is %s', (action, url) => {
    expect(pageOf(form('<input name=a>', `action="${action}"`)).form?.action).toBe(url);
  });

  test('a base element counts for the action', () => {
    const html = `<base href="https://b.example/x/"><base href=/y>${form('<input name=a>', 'action=z')}`;
    expect(pageOf(html).form?.action).toBe('https://b.example/x/z');
  });

  test('the only button may name another address and method', () => {
    const html = form(
      '<input name=a><button formaction=/z formmethod=post formenctype="multipart/form-data">',
      'action=/a',
    );
    expect(pageOf(html).form).toMatchObject({ action: 'http://r.example/z', method: 'POST', isMultipart: true });
  });

  test('each of two buttons may name another address and method', () => {
    const html = form('Sure?<button formaction=/y>Yes</button><button formaction=/n formmethod=get>No</button>');
    expect(pageOf(html).form).toMatchObject({
      action: 'http://r.example/y',
      method: 'POST',
      secondTarget: { action: 'http://r.example/n', method: 'GET', isMultipart: false },
    });
    expect(pageOf(form('Sure?<button>Yes</button><button>No</button>')).form).not.toHaveProperty('secondTarget');
  });

  test.each([
    [
      'several buttons beside a control',
      '<input name=a><button formaction=/y></button><button formaction=/n></button>',
    ],
  ])('%s lead to the action of the form', (_, controls) => {
    expect(pageOf(form(controls)).form?.action).toBe('http://r.example/a');
    expect(pageOf(form(controls)).form).not.toHaveProperty('secondTarget');
  });

  test.each(['/y', 'http://[x'])('a second button whose address is %s counts', (action) => {
    const page = readPage(form(`Sure?<button>Yes</button><button formaction="${action}">No</button>`), URL_OF_PAGE);
    expect('problem' in page).toBe(action !== '/y');
  });

  test('an action that is no URL does not fit', () => {
    expect(readPage(form('<input name=a>', 'action="http://[x"'), URL_OF_PAGE)).toEqual({
      problem: expect.any(String),
    });
  });
});

describe('hostile pages', () => {
  test.each([
    ['nested blocks', '<div>'.repeat(40_000)],
    ['nested controls', '<label><p><b>'.repeat(20_000)],
    ['forms', '<form><input name=a></form>'.repeat(10_000)],
    ['controls', `<form>${'<input name=a>'.repeat(20_000)}`],
    ['options', `<form><select name=s>${'<option>'.repeat(20_000)}`],
    ['attributes', `<p ${Array.from({ length: 20_000 }, (_, at) => `a${at}`).join(' ')}>`],
  ])('a page of many %s has an end', (_, html) => {
    expect(() => readPage(html, URL_OF_PAGE)).not.toThrow();
  });

  test('any text is a page, or one that does not fit', () => {
    const tag = fc.constantFrom(
      ...'form input select option textarea button label fieldset legend p div br img title base table tr td template svg math'.split(
        ' ',
      ),
    );
    const attribute = fc.constantFrom(
      ...' name=a| name=b| type=radio| type=checkbox| type=submit| type=date| value=x| checked| disabled| hidden| for=i| id=i| form=i| readonly| multiple'.split(
        '|',
      ),
    );
    const piece = fc.oneof(
      fc
        .tuple(tag, fc.array(attribute, { maxLength: 3 }))
        .map(([name, attributes]) => `<${name}${attributes.join('')}>`),
      tag.map((name) => `</${name}>`),
      fc.string({ unit: 'binary', maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const page = readPage(pieces.join(''), URL_OF_PAGE);
        if ('problem' in page) return;
        expect(page.alerts.length).toBeGreaterThan(0);
        for (const field of page.form?.fields ?? []) {
          if (field.kind !== 'fixed') expect(field.alert).toBeLessThan(page.alerts.length);
        }
        expect(JSON.parse(JSON.stringify(page))).toEqual(page);
      }),
      { numRuns: 2_000 },
    );
  });
});
