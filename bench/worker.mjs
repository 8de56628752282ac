// In workerd: each request does one thing, so that its processor time can be had from outside.
import { Client } from "../dist/workerd.js";
import { byName, passwordOf } from "./account.mjs";

let shared;

const integration = { integrationName: "bench", integrationVersion: "1.0.0" };
const signIn = (auth) => Client.authenticate({ auth, ...integration, allowedHosts: ["127.0.0.1"] });

export default {
  async fetch(request, { OP_TOKEN: token }) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/sign-in") {
      shared = await signIn(token);
      return new Response("signed in");
    }
    const n = Number(searchParams.get("n"));
    const isRight = (await shared.secrets.resolve(byName(n))) === passwordOf(n);
    return new Response(isRight ? "right" : "wrong", { status: isRight ? 200 : 500 });
  },
};
