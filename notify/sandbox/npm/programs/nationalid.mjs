// Judges national identity numbers: reads a file of "country number" lines and prints, line by line, what each validator of others says of it.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import danish from 'danish-ssn'
import navikt from '@navikt/fnrvalidator'
import norsk from 'norsk-validator'

const Personnummer = createRequire(import.meta.url)('personnummer')
const swedish = Personnummer.default ?? Personnummer

const judges = {
  NO: (n) => [navikt.idnr(n).status === 'valid', norsk.fodselsnummer(n)],
  SE: (n) => [swedish.valid(n)],
  DK: (n) => [danish.isValid(n)],
}
for (const line of readFileSync(process.argv[2], 'utf8').trim().split('\n')) {
  const [country, number] = line.split(' ')
  console.log(judges[country](number).map((valid) => (valid ? 'y' : 'n')).join(''))
}
