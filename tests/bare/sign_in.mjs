// The module itself, and how a client comes to a session.
import { equal } from "./checks.mjs";
import { isTrue, same, TEXT, watched } from "./kit.mjs";

const PATHS = ["/api/v3/auth/start", "/api/v2/auth/complete"];

export async function checkSignIn(check, { bare, signIn, create }) {
  await check("the module is started once, and gives its classes", async () => {
    const started = bare.default();
    isTrue(started instanceof Promise, "init gives no promise");
    equal(await started, await bare.default(), "what init gives again");
    const names = ["Client", "Items", "Pages", "Vaults", "default", "initSync"];
    same(
      names.filter((name) => typeof bare[name] !== "function"),
      [],
      "missing",
    );
  });
  await check("Client.authenticate signs in with four requests", async () => {
    const { calls, fetch } = watched();
    const client = await signIn({ fetch });
    isTrue(client instanceof bare.Client, "class");
    const { requests, signIns, failures } = client.stats();
    same([requests, signIns, failures, calls.length], [4, 1, 0, 4], "counts");
    isTrue(
      PATHS.every((path) => calls.some(([url]) => url.endsWith(path))),
      "paths",
    );
    equal(await client.resolve(TEXT), "grüße", "value");
  });
  await check("the option lazy leaves signing in to the first call", async () => {
    const client = await signIn({ lazy: true });
    equal(client.stats().requests, 0, "requests");
    equal(await client.resolve(TEXT), "grüße", "value");
    equal(client.stats().signIns, 1, "sign-ins");
  });
  await check("Client.create gives a client at once, and signIn signs it in once", async () => {
    const client = create();
    isTrue(client instanceof bare.Client, "class");
    equal(client.stats().requests, 0, "requests");
    equal(await client.signIn(), undefined, "what signIn gives");
    await client.signIn();
    same([client.stats().requests, client.stats().signIns], [4, 1], "counts");
  });
  await check("what a client gave outlives it, and free lets go of it", async () => {
    const client = create();
    const { items } = client;
    client.free();
    equal((await items.get("app", "kinds")).title, "kinds", "title");
  });
}
