// A tool on ltijs with its Sequelize plug-in on PostgreSQL, as their documentation shows it.
const lti = require("ltijs").Provider;
const Database = require("ltijs-sequelize");

const env = process.env;
const database = new Database(env.BENCH_PG_NAME, "postgres", "", {
  host: env.BENCH_PG_SOCKET,
  dialect: "postgres",
  logging: false,
});

lti.setup(
  "a secret for a benchmark",
  { plugin: database },
  {
    appRoute: "/lti/launch",
    loginRoute: "/lti/login",
    keysetRoute: "/lti/keys",
    cookies: { secure: false, sameSite: "" },
    devMode: true,
  },
);

lti.onConnect((token, _request, response) =>
  response.send(`<!doctype html><title>Tool</title><h1>${token.userInfo.name}</h1><p>${token.iss}</p>`),
);

(async () => {
  await lti.deploy({ port: Number(env.BENCH_PORT), silent: true });
  await lti.registerPlatform({
    url: env.BENCH_ISSUER,
    name: "Bench",
    clientId: env.BENCH_CLIENT_ID,
    authenticationEndpoint: `${env.BENCH_ISSUER}/auth`,
    accesstokenEndpoint: `${env.BENCH_ISSUER}/token`,
    authConfig: { method: "JWK_SET", key: `${env.BENCH_ISSUER}/keys` },
  });
})();
