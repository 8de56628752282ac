// Env files: how they are read (rows E), and what values they plan (rows X).
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEnvFile, planEnv, references, resolvePlan } from "../../dist/env.js";
import { clientOf, failuresOf } from "./support.mjs";

/** id, file, what it sets or the code and line of what is wrong. */
const FILES = [
  ["E1", "KEY = VALUE", { KEY: "VALUE" }],
  ["E2", 'A=1 # c\nB=1#2\nC="x # y" # z\n  # c', { A: "1", B: "1#2", C: "x # y" }],
  ["E2 tab", "A=1\t# c\nB=#c\nC= # c", { A: "1", B: "", C: "" }],
  ["E2 URL", "A=https://h/p#f # c", { A: "https://h/p#f" }],
  ["E3", 'E=\nF=""\nG=# c', { E: "", F: "", G: "" }],
  ["E3 quotes", "E=''\nF=``\nG=   ", { E: "", F: "", G: "" }],
  ["E4", `A='x'\nB="x"\nC=" x "\nD=  y  `, { A: "x", B: "x", C: " x ", D: "y" }],
  ["E4 inside", `A=x'y'\nB=it's\nC=5" pipe`, { A: "x'y'", B: "it's", C: '5" pipe' }],
  ["E5", `M = "one\ntwo"\nN='one\ntwo'\nO=1`, { M: "one\ntwo", N: "one\ntwo", O: "1" }],
  ["E5 backtick", "M=`a\n'b' \"c\"`", { M: `a\n'b' "c"` }],
  ["E6", 'JSON={"foo":"bar"}', { JSON: '{"foo":"bar"}' }],
  ["E7", 'export A=1\r\nB="x\r\ny"\r\n', { A: "1", B: "x\ny" }],
  ["E7 export", "export  A=1\n export\tB=2\nexport=3", { A: "1", B: "2", export: "3" }],
  ["E8", "\uFEFFA=1", { A: "1" }],
  ["E8 comment", "\uFEFF# c\nA=1", { A: "1" }],
  ["E8 export", "\uFEFFexport A=1", { A: "1" }],
  ["E9", "A=1\nA=2", { A: "2" }],
  ["E10", "A=1\nQ\nR=2", [["notKeyValue", 2]]],
  ["E10 YAML", "A: 1", [["notKeyValue", 1]]],
  ["E10 export", "export A", [["notKeyValue", 1]]],
  [
    "E10 all",
    "Q\nA=1\nR\n",
    [
      ["notKeyValue", 1],
      ["notKeyValue", 3],
    ],
  ],
  ["E11", 'A=1\nB="x\nC=2', [["unterminatedQuote", 2]]],
  ["E11 single", "A='x", [["unterminatedQuote", 1]]],
  ["E11 backtick", "A=`", [["unterminatedQuote", 1]]],
  ["E11 escaped", 'A="x\\"', [["unterminatedQuote", 1]]],
  ["E12", 'A="x" y', [["textAfterQuote", 1]]],
  [
    "E12 lines",
    `A="x\n"y\nB='1'2\nC=3`,
    [
      ["textAfterQuote", 1],
      ["textAfterQuote", 3],
    ],
  ],
  ["E12 glued comment", 'A="x"#c', { A: "x" }],
  ["E13", "A=a=b=c", { A: "a=b=c" }],
  ["–", "A=`$B \\n`", { A: "$B \\n" }],
  ["empty", "\n \n\t\n# c\n", {}],
  ["nothing", "", {}],
  ["no newline", "A=1\nB=2", { A: "1", B: "2" }],
  ["CR alone", "A=1\rB=2", { A: "1", B: "2" }],
  ["lines after quotes", 'A="1\n2\n3"\nB', [["notKeyValue", 4]]],
];

for (const [id, text, expected] of FILES) {
  test(`an env file is read: ${id}`, async () => {
    if (Array.isArray(expected)) {
      const failures = await failuresOf(() => parseEnvFile(text));
      assert.deepEqual(
        failures.map(({ code, line }) => [code, line]),
        expected,
      );
      return;
    }
    const lines = parseEnvFile(text);
    assert.deepEqual(Object.fromEntries(lines.map(({ key, value }) => [key, value])), expected);
  });
}

test("a line says how it was quoted and where it begins", () => {
  assert.deepEqual(parseEnvFile("A=1\n\nB=\"x\ny\"\nC='z' # c"), [
    { key: "A", value: "1", quote: "", line: 1 },
    { key: "B", value: "x\ny", quote: '"', line: 3 },
    { key: "C", value: "z", quote: "'", line: 5 },
  ]);
});

const PEM = "-----BEGIN KEY-----\nabc\n-----END KEY-----";

/** id, files, process environment, what the files set or the codes of what is wrong. */
const PLANS = [
  ["X1", ["S = value\nO = ${S}"], {}, { S: "value", O: "value" }],
  ["X2", ['MY="\\$S is not"'], {}, { MY: "$S is not" }],
  ["X2 unquoted", ["MY=\\$S"], { S: "1" }, { MY: "$S" }],
  ["X3", ["K='$S'"], { S: "1" }, { K: "$S" }],
  ["X3 backtick", ["K=`$S ${S}`"], { S: "1" }, { K: "$S ${S}" }],
  ["X4", ['K="a\\nb\\t\\"q\\" \\\\ \\x"'], {}, { K: 'a\nb\t"q" \\ \\x' }],
  ["X4 only there", ["K=a\\nb\nL='a\\nb'"], {}, { K: "a\\nb", L: "a\\nb" }],
  ["X4 backslash, variable", ['K="\\\\$S"'], { S: "1" }, { K: "\\1" }],
  ["X5", ["P=op://$APP_ENV/mysql/password"], { APP_ENV: "dev" }, { P: "<dev/mysql/password>" }],
  ["X6", ["P=op://${VAULT:-dev}/docker/password"], {}, { P: "<dev/docker/password>" }],
  [
    "X7",
    ["P=op://${VAULT:-dev}/docker/password"],
    { VAULT: "prod" },
    { P: "<prod/docker/password>" },
  ],
  ["X7 nested", ["P=op://${A:-${B:-dev}}/d/p"], { B: "b" }, { P: "<b/d/p>" }],
  ["X7 empty", ["A=\nB=${A:-d}"], {}, { A: "", B: "" }],
  ["X8", ["P=op://$NOPE/a/b"], {}, [["variableMissing", "P", 1]]],
  [
    "X9",
    ['A="op://development/aws/Access Keys/access_key_id"'],
    {},
    { A: "<development/aws/Access Keys/access_key_id>" },
  ],
  [
    "X10",
    ["A=op://development/aws/Access Keys/access_key_id # c"],
    {},
    { A: "<development/aws/Access Keys/access_key_id>" },
  ],
  [
    "X11",
    ["U=postgres://u:{{ op://v/db/password }}@h/d"],
    {},
    { U: "postgres://u:<v/db/password>@h/d" },
  ],
  [
    "X11 bare",
    ["U=postgres://u:op://v/db/password@h"],
    {},
    { U: "postgres://u:<v/db/password>@h" },
  ],
  ["X11 quoted", ["U='a {{ op://v/$i/f }}'"], { i: "1" }, { U: "a <v/$i/f>" }],
  ["X12", ["A=1\nB=1", "B=2"], { A: "0", B: "0", C: "0" }, { A: "1", B: "2" }],
  [
    "X13",
    [],
    { A: "op://v/i/f", B: "see op://v/i/f", C: "x{{ op://v/i/f }}y", D: "$HOME" },
    { A: "<v/i/f>", B: "see op://v/i/f", C: "x<v/i/f>y", D: "$HOME" },
  ],
  [
    "X13 tag and bare",
    [],
    { C: "{{ op://v/i/f }} op://v/i/g $D", D: "1" },
    { C: "<v/i/f> op://v/i/g $D" },
  ],
  ["X14", [], { A: "op://v/i" }, [["parsing", "A", undefined]]],
  ["X14 file", ["B=1\nA=op://v/i"], {}, [["parsing", "A", 2]]],
  ["X14 tag", [], { A: "{{ op://v/i/f" }, [["tagNotClosed", "A", undefined]]],
  ["X15", ["A='op://$X/i/f'"], { X: "1" }, { A: "<$X/i/f>" }],
  ["X16", ["${P}_KEY=1\n$P=2"], { P: "APP" }, { APP_KEY: "1", APP: "2" }],
  ["X16 missing", ["${P}_KEY=1"], {}, [["variableMissing", undefined, 1]]],
  ["X17", ["A B=1"], {}, [["keyInvalid", undefined, 1]]],
  ["X17 names", ["_a.b-c=1"], {}, { "_a.b-c": "1" }],
  [
    "X17 others",
    ["1A=1\n=2\né=3\nA\0=4"],
    {},
    [1, 2, 3, 4].map((line) => ["keyInvalid", undefined, line]),
  ],
  ["X17 reference", ["op://v/i/f=1"], {}, [["keyInvalid", undefined, 1]]],
  ["X17 secret", ["S=op://v/i/f\n${S}=1"], {}, [["keyInvalid", undefined, 2]]],
  ["X18", ["A=$NOPE"], {}, [["variableMissing", "A", 1]]],
  [
    "X18 each",
    ["A=$B\nB=$C ${D}"],
    {},
    [
      ["variableMissing", "A", 1],
      ["variableMissing", "B", 2],
      ["variableMissing", "B", 2],
    ],
  ],
  ["X18 itself", ["A=$A"], {}, [["variableMissing", "A", 1]]],
  ["X18 itself, set", ["A=$A:b"], { A: "a" }, { A: "a:b" }],
  ["X18 in turn", ["A=$B\nB=$A"], { B: "b" }, { A: "b", B: "b" }],
  ["X19", ["my=1\nB=$MY"], {}, { my: "1", B: "1" }],
  ["X19 exact first", ["my=1\nB=$MY"], { MY: "2" }, { my: "1", B: "2" }],
  ["X19 files first", ["my=1\nB=$My"], { MY: "2" }, { my: "1", B: "1" }],
  [
    "a secret in a later value",
    ["S=op://v/i/f\nU=x:${S}@h"],
    {},
    { S: "<v/i/f>", U: "x:<v/i/f>@h" },
  ],
  ["a secret of the process", ["U=x:$S"], { S: "op://v/i/f" }, { U: "x:<v/i/f>" }],
  ["a secret in a reference", ["S=op://v/i/f\nU=op://$S/i/f"], {}, [["parsing", "U", 2]]],
  [
    "a reference that would be one without a secret",
    ["S=v{{ op://v/i/f }}\nU=op://$S/i/f"],
    {},
    [["parsing", "U", 2]],
  ],
  ["the first of several spellings", ["my=1\nMy=2\nB=$MY"], {}, { B: "1" }],
  ["a default that is a reference", ["A=${B:-op://v/i/f}"], {}, { A: "<v/i/f>" }],
  ["what a foreign value holds", ["A=$B"], { B: "op://v/i/f $C" }, { A: "<v/i/f $C>" }],
  ["a foreign text", ["A=$B"], { B: "see op://v/i/f" }, { A: "see op://v/i/f" }],
  ["a literal", [`A='{{ "{{ op://v/i/f }}" }}'`], {}, { A: "{{ op://v/i/f }}" }],
  ["a literal in double quotes", ['A="{{ \\"op://v/i/f\\" }}"'], {}, { A: "op://v/i/f" }],
  ["NUL", ["A=x\0"], {}, [["valueInvalid", "A", 1]]],
  ["a key in lines", [`A="${PEM}"`], {}, { A: PEM }],
  ["one-time password", ["A=op://v/i/code?attribute=otp"], {}, { A: "<v/i/code?attribute=otp>" }],
  [
    "names of objects",
    ["__proto__=1\nconstructor=$__proto__"],
    {},
    JSON.parse('{"__proto__":"1","constructor":"1"}'),
  ],
];

for (const [id, files, base, expected] of PLANS) {
  test(`variables are planned: ${id}`, async () => {
    if (Array.isArray(expected)) {
      const failures = await failuresOf(() => planEnv(files, base));
      const told = failures.map(({ code, name, line }) => [code, name, line]);
      assert.deepEqual(told, expected);
      return;
    }
    const client = clientOf();
    const values = await resolvePlan(planEnv(files, base), { client });
    const names = Object.keys(expected);
    const found = Object.fromEntries(names.map((name) => [name, values[name]]));
    assert.deepEqual(Object.entries(found), Object.entries(expected));
    const hasSecrets = JSON.stringify(expected).includes("<");
    assert.equal(client.calls.length, hasSecrets ? 1 : 0, "one batch, and none without references");
  });
}

test("a file's name and line are with each failure, and no value is", async () => {
  const files = [
    { name: "a.env", text: "A=secret-text\nB=op://v/secret-text\n\nsecret-text\n" },
    { name: "b.env", text: 'C="secret-text\n' },
  ];
  const failures = await failuresOf(() => planEnv(files));
  assert.deepEqual(
    failures.map(({ file, line, name, code }) => [file, line, name, code]),
    [
      ["a.env", 4, undefined, "notKeyValue"],
      ["a.env", 2, "B", "parsing"],
      ["b.env", 1, undefined, "unterminatedQuote"],
    ],
  );
  const told = failures.map(({ message }) => message).join("\n");
  assert.ok(!told.includes("secret-text"), told);
});

test("what failed is listed in one message, a cause once", async () => {
  const client = clientOf({
    "op://v/i/a": { type: "fieldNotFound", message: "no field is called a" },
    "op://v/i/b": { type: "authenticationFailed", message: "the service refused the token" },
    "op://v/i/c": { type: "authenticationFailed", message: "the service refused the token" },
  });
  const text = "A=op://v/i/a\nB=op://v/i/b\nC=op://v/i/c\nD=op://v/i/d";
  const plan = planEnv([{ name: ".env.op", text }]);
  await assert.rejects(resolvePlan(plan, { client }), {
    code: "envUnresolved",
    retryable: false,
    message:
      "3 failures\n" +
      ".env.op:1 A: no field is called a (fieldNotFound)\n" +
      ".env.op:2 B, .env.op:3 C: the service refused the token (authenticationFailed)",
  });
});

test("what looks like a piece of a password is not repeated", async () => {
  const told = async (text) => JSON.stringify(await failuresOf(() => planEnv([text])));
  assert.ok(!(await told("A=pa$$uperS3cretPassw0rd")).includes("uperS3cret"));
  assert.ok(!(await told("A=op://v/i/$sw0rd")).includes("sw0rd"));
  assert.ok(!(await told("A=Tr0ub4dor$HUNTER2")).includes("HUNTER2"));
  for (const name of ["HOST", "DB_HOST", "S3_BUCKET"]) {
    assert.match(await told(`A=$${name}`), new RegExp(`${name} is not set`));
  }
});

test("what a file replaces may be whatever it is, unless it is used", async () => {
  const base = { A: "op://v/i", B: "{{ op://v/i/f" };
  const plan = planEnv(["A=1\nB=2"], base);
  assert.deepEqual(await resolvePlan(plan, {}), { A: "1", B: "2" });
  const [used] = await failuresOf(() => planEnv(["C=$A\nA=1\nB=2"], base));
  assert.deepEqual([used.code, used.name], ["parsing", "A"]);
});

test("without `override` files only add, and refer to what stays", async () => {
  const plan = planEnv(
    ["A=file\nB=$A\nA=op://v/i\ntoString=1"],
    { A: "base" },
    { override: false },
  );
  assert.deepEqual(await resolvePlan(plan, {}), { A: "base", B: "base", toString: "1" });
});

test("variables that double each other end in an error, not in all memory", async () => {
  for (const first of ["A0=xxxxxxxxxx", "A0=op://v/i/f"]) {
    const lines = Array.from({ length: 60 }, (_, at) => `A${at + 1}=$A${at}$A${at}`);
    const [failure] = await failuresOf(() => planEnv([[first, ...lines].join("\n")]));
    assert.equal(failure.code, "valueInvalid");
  }
  const many = `A=${"{{ op://v/i/f }}".repeat(200_000)}\nB=$A`;
  assert.equal(planEnv([many]).get("B").parts.length, 200_000);
});

test("a long reference of variables takes time in proportion to its length", () => {
  const timeOf = (count) => {
    const start = process.cpuUsage();
    planEnv([`V=x\nA=op://a/b/${"$V".repeat(count)}`]);
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
  timeOf(20_000);
  // Twenty times as long; a square would be four hundred times.
  assert.ok(timeOf(200_000) < 100 * Math.max(timeOf(10_000), 1_000));
});

test("a line break in a name begins no line of the message", async () => {
  const base = { "X\n::error::y": "op://a/b" };
  await assert.rejects(
    async () => planEnv([], base),
    ({ message }) => !message.includes("\n"),
  );
});

test("an option that is wrong is refused", async () => {
  assert.throws(() => planEnv(["A=$B"], {}, { unset: "eror" }), { code: "argumentInvalid" });
});

test("the references of a plan are listed once each", () => {
  const plan = planEnv(["A=op://v/i/f\nB=x{{ op://v/i/f }}{{ op://v/i/g }}"], { C: "op://v/i/h" });
  assert.deepEqual(references(plan), ["op://v/i/h", "op://v/i/f", "op://v/i/g"]);
});

test("long lines, many lines and unterminated everything are read in a moment", async () => {
  const long = "x".repeat(10_000_000);
  assert.equal(parseEnvFile(`A=${long}\nB="${long}"`)[1]?.value.length, long.length);
  const many = Array.from({ length: 10_000 }, (_, at) =>
    at === 0 ? "V0=1" : `V${at}=\${v${at - 1}:-x}$V0`,
  ).join("\n");
  assert.equal(planEnv([many]).size, 10_000);
  const lines = Array.from({ length: 200_000 }, () => "x");
  assert.equal((await failuresOf(() => parseEnvFile(lines.join("\n")))).length, 10_000);
  for (const piece of ["${A:-", "{{ op://", '{{ "', "op://a/b", "$", "\\", '\\"', "{{", "`", "'"]) {
    const text = `A=${piece.repeat(2_000_000 / piece.length)}`;
    try {
      planEnv([text], {}, { unset: "keep" });
    } catch (error) {
      assert.equal(error.code, "envUnresolved", piece);
    }
  }
});
