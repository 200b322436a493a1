// A certified OpenID Connect provider (npm oidc-provider) that signs one person in, without asking. The first argument is what it is to be:
// {client, claims, idToken, account, acr, alg}. It prints its issuer when it listens, and ends with its standard input.
import { createServer } from 'node:http'
import { generateKeyPairSync } from 'node:crypto'
import Provider from 'oidc-provider'

const want = JSON.parse(process.argv[2])
const key = (type, options, alg) => ({ ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), alg, use: 'sig' })
const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(issuer, {
    clients: [{ id_token_signed_response_alg: want.alg, response_types: ['code'], grant_types: ['authorization_code'], ...want.client }],
    jwks: { keys: [key('rsa', { modulusLength: 2048 }, 'RS256'), key('rsa', { modulusLength: 2048 }, 'PS256'), key('ec', { namedCurve: 'P-256' }, 'ES256'), key('ed25519', {}, 'EdDSA')] },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
    acrValues: [want.acr],
    claims: { acr: null, auth_time: null, iss: null, sid: null, openid: ['sub', ...want.claims] },
    conformIdTokenClaims: !want.idToken,
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['test'] },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...want.account }) }),
  })
  const answer = provider.callback()
  server.on('request', async (req, res) => {
    if (!req.url.startsWith('/interaction/')) return answer(req, res)
    try {
      const { prompt, params, session } = await provider.interactionDetails(req, res)
      if (prompt.name === 'login') {
        return await provider.interactionFinished(req, res, { login: { accountId: 'somebody', acr: want.acr, amr: ['mfa'], remember: true } })
      }
      const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id })
      grant.addOIDCScope(params.scope)
      return await provider.interactionFinished(req, res, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true })
    } catch (error) {
      res.statusCode = 500
      res.end(String(error))
    }
  })
  console.log(issuer)
})
process.stdin.on('end', () => process.exit(0)).resume()
