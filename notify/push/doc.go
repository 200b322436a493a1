// Package push sends notices to devices and browsers: APNs for Apple devices, FCM for Android devices, web push for browsers.
//
// Each provider has one sender with New…, Send and Close. What leaves is made by a pure function (apns_build.go, fcm_build.go,
// webpush_build.go) and carries only Content: words that are safe on a lock screen, ids and the path of a link (B1). What came of it is
// told as a notify.Result by a pure function as well (apns_outcome.go …). The senders in between are thin.
//
// A duplicate must be invisible, because a timeout may hide a success: every attempt of a delivery carries the same apns-id, and every
// push about one event to one person the same collapse id, tag or Topic.
//
// The package opens connections to the three providers and nothing else. Start reading at content.go and apns.go.
package push
