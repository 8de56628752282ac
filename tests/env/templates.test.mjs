// Templates (rows T): what is a reference, a variable or plain text, and what comes out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTemplate, references, render, resolveTemplate } from "../../dist/env.js";
import { clientOf, failuresOf } from "./support.mjs";

const VARIABLES = { my_var: "1", MY_2ND_VAR: "2", var: "3", HOME: "/home/me", V: "vault" };

/** id, template, what comes out or the code, line and column of what is wrong, more options. */
const TEMPLATES = [
  ["T1", "u: {{ op://prod/database/username }}", "u: <prod/database/username>"],
  ["T1 tight", "u: {{op://prod/db/user}}{{op://a/b/c}}", "u: <prod/db/user><a/b/c>"],
  ["T1 tabs", "{{\t op://a/b/c \t}}", "<a/b/c>"],
  ["T2", "op://test-app/database/password", "<test-app/database/password>"],
  ["T3", "op://d3v/stripe.keys/s3ct10n/public_key,", "<d3v/stripe.keys/s3ct10n/public_key>,"],
  ...["x", "-", "+", "\\", ".", "7", "é", "是", "\u{1d49c}"].map((before) => {
    return [`T4 ${before}`, `${before}op://a/b/c`, `${before}op://a/b/c`];
  }),
  ...['"', "=", ":", "(", "'", "\n", " ", "_", "/", "}", "€"].map((before) => {
    return [`T5 ${before}`, `${before}op://a/b/c"`, `${before}<a/b/c>"`];
  }),
  [
    "T6",
    '{{ "{{ test op://prod/docker-credentials/username }}" }}',
    "{{ test op://prod/docker-credentials/username }}",
  ],
  ["T7", '{{ "a \\"b\\" c" }}', 'a "b" c'],
  ["T7 tight", '{{"$HOME"}}{{ "" }}.', "$HOME."],
  ["T7 lines", '{{ "a\nb" }}', "a\nb"],
  ["T7 open", '{{ "a }} {{ x" y', '{{ "a }} {{ x" y'],
  ["T8", "$my_var ${ mY_2nd_vAr } $2nd_var $var-?x", "1 2 $2nd_var 3-?x"],
  ["T8 glued", "$V$V${V}$Vx", "vaultvaultvault$Vx"],
  ["T9", "${X:-d} ${Y:-}|$Z ${Z}", "d |$Z ${Z}"],
  ["T9 error", "a\n $Z", [["variableMissing", 2, 2]], { unset: "error" }],
  ["T9 empty", "a$Z${Z}b", "ab", { unset: "empty" }],
  ["T9 reference", "op://$Z/i/f", [["variableMissing", 1, 1]]],
  [
    "T9 reference, tag",
    "{{ op://v/$Z/${Y} }}",
    [
      ["variableMissing", 1, 1],
      ["variableMissing", 1, 1],
    ],
  ],
  ["T9 no reference", "see op://$Z and op://$Z/x", "see op://$Z and op://$Z/x"],
  ["T9 no reference, set", "see op://$V", "see op://vault"],
  [
    "T10",
    "{{ .Values.x }} ${{ secrets.Y }} {{#if a}}",
    "{{ .Values.x }} ${{ secrets.Y }} {{#if a}}",
  ],
  ["T10 others", "{{{ op://a/b/c }}} $( ) $$ ${} ${1} {{}}", "{<a/b/c>} $( ) $$ ${} ${1} {{}}"],
  ["T11", "b {{ op://a/b/c }\n", [["tagNotClosed", 1, 3]]],
  ["T11 end", "\n\n  {{ op://a/b/c", [["tagNotClosed", 3, 3]]],
  [
    "T11 each",
    "{{ op://a\n{{ op://b/c\n",
    [
      ["tagNotClosed", 1, 1],
      ["tagNotClosed", 2, 1],
    ],
  ],
  ["T12", "x\n {{ op://a/b }}", [["parsing", 2, 2]]],
  [
    "T12 parts",
    "{{ op://a//c }}{{ op:// }}",
    [
      ["parsing", 1, 1],
      ["parsing", 1, 16],
    ],
  ],
  ["T12 more", "{{ op://a/b/c/d/e }}", [["parsing", 1, 1]]],
  ["T13", "op://a/b and op:// text", "op://a/b and op:// text"],
  ["T13 slash", "op://a/b/c/ op://a//c op://a/b/c/d/e", "op://a/b/c/ op://a//c op://a/b/c/d/e"],
  ["T14", "op://a/b/c?attribute=otp;", "<a/b/c?attribute=otp>;"],
  ["T14 no query", "op://a/b/c=1&2", "<a/b/c>=1&2"],
  [
    "T15",
    "{{ op://my vault/my item/one-time password?attribute=otp }}",
    "<my vault/my item/one-time password?attribute=otp>",
  ],
  ["T16", "\\$HOME \\${HOME} $HOME", "$HOME ${HOME} /home/me"],
  ["T16 others", "\\n \\\\ \\$2 \\", "\\n \\\\ \\$2 \\"],
  [
    "T19",
    "{{ op://${V}/i/f }}{{op://v/i/$V}}{{op://v/i/${V}}}",
    "<vault/i/f><v/i/vault><v/i/vault>",
  ],
  ["T19 bare", "op://$V/${V}-x/f.", "<vault/vault-x/f.>"],
  ["T20", "# op://a/b/c in a comment", "# <a/b/c> in a comment"],
  ["percent", "op://caf%C3%A9/a%2Fb/c", "<caf%C3%A9/a%2Fb/c>"],
  ["letters", "op://café/b/c", "<café/b/c>"],
  ["BOM", "\uFEFFop://a/b/c", "\uFEFF<a/b/c>"],
  ["bytes", "\0\x1b[31m\r\nop://a/b/c\r\n", "\0\x1b[31m\r\n<a/b/c>\r\n"],
  [
    "a value with a reference",
    "$R $T",
    "op://a/b/c {{ op://a/b/c }}",
    { variables: { R: "op://a/b/c", T: "{{ op://a/b/c }}" } },
  ],
  ["a default that is a reference", "${X:-op://a/b/c}", "<a/b/c>"],
  ["a default with a tag", "${X:-{{ op://a/b c/d }}}", "<a/b c/d>"],
  ["a default that is never closed", "${X:-{{ a }", "${X:-{{ a }"],
  ["empty", "", ""],
];

for (const [id, template, expected, options = {}] of TEMPLATES) {
  test(`a template: ${id}`, async () => {
    const given = { variables: VARIABLES, ...options };
    if (Array.isArray(expected)) {
      const failures = await failuresOf(() => parseTemplate(template, given));
      const told = failures.map(({ code, line, column }) => [code, line, column]);
      assert.deepEqual(told, expected);
      return;
    }
    const client = clientOf();
    assert.equal(await resolveTemplate(template, { ...given, client }), expected);
    assert.equal(client.calls.length, expected.includes("<") ? 1 : 0);
  });
}

test("a template: T17, three times one reference and another are two, in one batch", async () => {
  const client = clientOf();
  await resolveTemplate("op://a/b/c op://a/b/c {{ op://a/b/c }} op://a/b/d", { client });
  assert.deepEqual(
    client.calls.map((call) => call.references),
    [["op://a/b/c", "op://a/b/d"]],
  );
});

test("a template: T18, what a secret holds is not read again", async () => {
  const secret = "{{ op://x/y/z }} $HOME \\$HOME ${V} op://x/y/z";
  const client = clientOf({ "op://a/b/c": secret });
  const text = await resolveTemplate("<op://a/b/c>", { client, variables: VARIABLES });
  assert.equal(text, `<${secret}>`);
});

test("without variables every `$` stays", async () => {
  const text = "server_name $host; \\$HOME ${A:-b}";
  assert.equal(await resolveTemplate(text, { client: clientOf() }), "server_name $host; $HOME b");
});

test("each reference that fails is listed with its place", async () => {
  const client = clientOf({
    "op://a/b/c": { type: "itemNotFound", message: "no item" },
    "op://a/b/d": { type: "rateLimited", message: "wait", retryAfterMs: 5000 },
  });
  const text = "op://a/b/c\n x op://a/b/d\nop://a/b/c {{ op://a/b/e }}";
  const failures = await failuresOf(() => resolveTemplate(text, { client }));
  assert.deepEqual(
    failures.map(({ reference, code, line, column }) => [reference, code, line, column]),
    [
      ["op://a/b/c", "itemNotFound", 1, 1],
      ["op://a/b/d", "rateLimited", 2, 4],
      ["op://a/b/c", "itemNotFound", 3, 1],
    ],
  );
});

test("parts say where their references stand", () => {
  const parts = parseTemplate("a: op://a/b/c\n{{ op://a/b/d }} $V", { variables: VARIABLES });
  assert.deepEqual(parts, [
    "a: ",
    { reference: "op://a/b/c", line: 1, column: 4 },
    "\n",
    { reference: "op://a/b/d", line: 2, column: 1 },
    " vault",
  ]);
  assert.deepEqual(references(parts), ["op://a/b/c", "op://a/b/d"]);
});

test("parts are rendered with secrets of one's own", () => {
  const parts = parseTemplate("a: op://a/b/c, {{ op://a/b/d }}");
  const secrets = { "op://a/b/c": "{{ op://x/y/z }}", "op://a/b/d": "" };
  assert.equal(render(parts, secrets), "a: {{ op://x/y/z }}, ");
  assert.throws(() => render(parts, { "op://a/b/c": "1" }), { code: "argumentInvalid" });
  const inherited = parseTemplate("{{ op://a/b/toString }}");
  assert.throws(() => render(inherited, {}), { code: "argumentInvalid" });
});

test("a token pasted into a reference is not repeated", async () => {
  const text = `{{ op://vault/ops_${"a".repeat(50)} }}`;
  const [failure] = await failuresOf(() => parseTemplate(text));
  assert.equal(failure.reference, undefined);
  assert.ok(!JSON.stringify(failure).includes("aaaa"));
});
