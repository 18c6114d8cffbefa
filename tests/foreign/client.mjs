// What a partner's own program does in a tenant, in the order in which it would; prints one JSON object of
// what it was told. It knows the vendor's WSDLs, the login service's address and what the vendor hands out.
// Arguments: the folder of the WSDLs, the address of the environment, the tenant, the files with the client
// secret, the private key and the system user token.

import { createHmac, createPublicKey, createSign, createVerify, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import soap from "soap";

const CRM = "http://www.superoffice.net/ws/crm/NetServer/Services88";
const LOGIN = "http://www.superoffice.com/superid/partnersystemuser/0.1";
const CLAIMS = "http://schemes.superoffice.net/identity/";

// The vendor's dates have seven decimals and begin with year one, which no Date gives back as it was.
const AS_SENT = { handleNilAsNull: true, customDeserializer: { dateTime: (text) => text } };

const [wsdls, environment, tenant, ...files] = process.argv.slice(2);
const [clientSecret, privateKey, systemUserToken] = files.map((file) => readFileSync(file, "utf8").trim());
const told = {};

async function open(wsdl, address, namespace, headers) {
  const client = await soap.createClientAsync(join(wsdls, wsdl), AS_SENT);
  client.setEndpoint(address);
  for (const [name, value] of Object.entries(headers)) {
    client.addSoapHeader({ [name]: value }, "", "own", namespace);
  }
  return client;
}

async function agent(name, endpoint, ticket) {
  const address = `${endpoint}/Remote/Services88/${name}.svc`;
  const headers = { ApplicationToken: clientSecret, Credentials: { Ticket: ticket } };
  const client = await open(`WSDL-Services88-${name}.xml`, address, CRM, headers);
  return async (operation, given = {}) => {
    const [answer, , header] = await client[`${operation}Async`](given);
    if (header.Succeeded !== "true") {
      throw new Error(`${operation}: ${header.ExceptionInfo?.Message}`);
    }
    return answer?.Response;
  };
}

function signed(token) {
  const stamp = new Date().toISOString().replaceAll(/\D/g, "").slice(0, 12);
  const data = `${token}.${stamp}`;
  return `${data}.${createSign("RSA-SHA256").update(data).sign(privateKey, "base64")}`;
}

async function read(address) {
  const answer = await fetch(address);
  return answer.json();
}

async function validated(jwt) {
  const [header, payload, signature] = jwt.split(".");
  const named = JSON.parse(Buffer.from(header, "base64url"));
  const discovery = await read(`${environment}/login/.well-known/openid-configuration`);
  const { keys } = await read(discovery.jwks_uri);
  const key = createPublicKey({ key: keys.find((one) => one.x5t === named.x5t), format: "jwk" });
  const verified = createVerify("RSA-SHA256")
    .update(`${header}.${payload}`)
    .verify(key, Buffer.from(signature, "base64url"));
  const claims = JSON.parse(Buffer.from(payload, "base64url"));
  const foreign = claims.iss !== "SuperOffice AS" || claims.aud !== `spn:${claims[`${CLAIMS}serial`]}`;
  if (named.alg !== "RS256" || !verified || foreign) {
    throw new Error("the token is not the login service's");
  }
  return claims;
}

async function signIn(token) {
  const address = `${environment}/login/services/PartnerSystemUserService.svc`;
  const headers = { ApplicationToken: clientSecret, ContextIdentifier: tenant };
  const client = await open("PartnerSystemUserService.xml", address, LOGIN, headers);
  const [answer] = await client.AuthenticateAsync({ SignedSystemToken: token, ReturnTokenType: "Jwt" });
  return answer;
}

function listen(secret) {
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts);
      const wanted = createHmac("sha256", secret).update(body).digest("base64");
      told.delivery = {
        event: JSON.parse(body).Event,
        signed: request.headers["x-superoffice-signature"] === wanted,
      };
      response.end();
    });
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

async function consents(person, id) {
  const answer = await person("GetConsentInfos", { PersonId: id });
  return (answer?.ConsentInfo ?? []).map((one) => [
    one.ConsentPurposeKey,
    one.LegalBaseKey,
    one.ConsentSourceKey,
    one.Comment,
  ]);
}

told.refusal = await signIn(`${systemUserToken}.202001010000.c2lnbmVk`);
const admitted = await signIn(signed(systemUserToken));
const claims = await validated(admitted.Token);
told.tenant = claims[`${CLAIMS}ctx`];
const { Endpoint: endpoint } = await read(`${environment}/api/state/${tenant}`);

const person = await agent("Person", endpoint, claims[`${CLAIMS}ticket`]);
const blank = await person("CreateDefaultPersonEntity");
const saved = await person("SavePersonEntity", {
  PersonEntity: {
    ...blank,
    Firstname: "Bjørk",
    Lastname: "Grünthal & Co <ÆØÅ>",
    Emails: { EntityElement: [{ Value: "bjork@example.com" }] },
  },
});
told.id = saved.PersonId;
const entity = await person("GetPersonEntity", { PersonEntityId: saved.PersonId });
told.person = [entity.Firstname, entity.Lastname, entity.Emails.EntityElement[0].Value];
entity.Title = "Agronomist";
const again = await person("SavePersonEntity", { PersonEntity: entity });
told.title = again.Title;

const consent = { PersonId: saved.PersonId, Purpose: "EMARKETING" };
told.before = await consents(person, saved.PersonId);
await person("SetConsent", { ...consent, Source: "API", LegalBase: "61A", Comment: "asked on the phone" });
told.after = await consents(person, saved.PersonId);
told.has = await person("HasConsent", consent);
await person("RemoveConsent", consent);
told.left = await person("HasConsent", consent);
told.gone = await person("GetPersonEntity", { PersonEntityId: 2147483647 }).catch((error) => error.message);

const secret = randomBytes(32).toString("base64");
const target = await listen(secret);
const webhook = await agent("Webhook", endpoint, claims[`${CLAIMS}ticket`]);
const hook = await webhook("SaveWebhook", {
  Webhook: {
    ...(await webhook("CreateDefaultWebhook")),
    Name: "partner",
    Events: { string: ["person.created", "person.changed"] },
    TargetUrl: `http://127.0.0.1:${target.address().port}/partner`,
    Secret: secret,
  },
});
told.hook = hook.WebhookId;
const all = await webhook("GetAllWebhooks", { NameFilter: "partner", EventFilter: "", StatusFilter: "Active" });
told.registered = all.Webhook.map((one) => [one.WebhookId, one.State, one.Events.string]);
await webhook("DeleteWebhook", { WebhookId: hook.WebhookId });
const rest = await webhook("GetAllWebhooks", { NameFilter: "", EventFilter: "", StatusFilter: "Unknown" });
told.rest = rest?.Webhook?.length ?? 0;
target.close();
target.closeAllConnections();
process.stdout.write(JSON.stringify(told));
