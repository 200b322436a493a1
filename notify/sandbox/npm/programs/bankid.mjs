// A client of BankID that others wrote (npm bankid) against a BankID whose people do what scripts say. The first argument says where it is and what
// the client is known by: {base, pfx, passphrase, ca, signer, refuser}. It prints one object: what came back, step by step.
import bankid from 'bankid'

const want = JSON.parse(process.argv[2])
const ca = Buffer.from(want.ca)
const connect = (known) => {
  const client = new bankid.BankIdClientV6({ production: false, ca, ...known })
  client.axios.defaults.baseURL = want.base
  return client
}
const client = connect({ pfx: Buffer.from(want.pfx, 'base64'), passphrase: want.passphrase })
const endUserIp = '192.0.2.7'
const steps = {}
const refused = async (step, call) => {
  try {
    await call()
    steps[step] = 'accepted'
  } catch (error) {
    steps[step] = error.code ?? error.hintCode ?? error.message
  }
}

// One collect after the other: the package's own …AndCollect asks by a timer, so on a slow machine a second collect overtakes the first, and finds the
// order already delivered and gone.
const collected = async (order, pending = () => {}) => {
  for (;;) {
    const got = await client.collect(order)
    if (got.status !== 'pending') return got
    pending(got.hintCode)
  }
}

const order = await client.authenticate({ endUserIp })
steps.hints = []
steps.complete = await collected(order, (hint) => steps.hints.push(hint))
await refused('collected again', () => client.collect(order))

const signed = await collected(await client.sign({ endUserIp, userVisibleData: 'Jag godkänner' }))
steps.signed = signed.completionData.user.name

const given = await client.authenticate({ endUserIp })
steps.cancelled = await client.cancel(given)
await refused('cancelled again', () => client.cancel(given))

const no = await collected(await client.authenticate({ endUserIp, requirement: { personalNumber: want.refuser } }))
steps['refused by the person'] = no.status === 'failed' ? no.hintCode : no.status
await client.authenticate({ endUserIp, requirement: { personalNumber: want.refuser } })
await refused('twice', () => client.authenticate({ endUserIp, requirement: { personalNumber: want.refuser } }))
await refused('no order', () => client.collect({ orderRef: 'b1b1b1b1-0000-4000-8000-000000000000' }))
await refused('ten digits', () => client.authenticate({ endUserIp, requirement: { personalNumber: '8501019809' } }))
await refused('another certificate', () => connect({}).authenticate({ endUserIp }))

const shown = await client.authenticate({ endUserIp })
steps.qr = await bankid.QrGenerator.latestQrFromCache(shown.orderRef)
steps.order = shown.orderRef
console.log(JSON.stringify(steps))
process.exit(0)
