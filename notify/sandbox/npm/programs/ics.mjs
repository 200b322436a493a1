// Reads a calendar with ical.js, the parser of Thunderbird and Nextcloud. The argument is the calendar in base64. It prints its events.
import ICAL from 'ical.js'

const calendar = new ICAL.Component(ICAL.parse(Buffer.from(process.argv[2], 'base64').toString('utf8')))
const events = calendar.getAllSubcomponents('vevent').map((c) => {
  const e = new ICAL.Event(c)
  return {
    uid: e.uid, summary: e.summary, description: e.description, start: e.startDate.toString(), end: e.endDate.toString(),
    wholeDay: e.startDate.isDate, stamp: c.getFirstPropertyValue('dtstamp').toString(), sequence: e.sequence,
  }
})
console.log(JSON.stringify({ version: calendar.getFirstPropertyValue('version'), events }))
