package register_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"budstikke.example/app/register"
)

// TestOtherPeoplesExports reads two exports that were not made for us. They have no courses, one org of type department
// whose school is missing, rows without a final newline, quoted lists, pupils whose agents are teachers, a parent who
// names the pupil instead of the other way round, a teacher enrolled as a pupil, and a column of passwords.
func TestOtherPeoplesExports(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file                                                    string
		persons, groups, enrolments, guardianships, staff, gone int
		warnings                                                int
	}{
		{"oneroster_1p1_full.zip", 6, 1, 3, 1, 2, 1, 8},
		{"oneroster_1p1_minimal.zip", 6, 2, 4, 0, 2, 0, 3},
	} {
		file, err := os.ReadFile("testdata/" + c.file)
		if err != nil {
			t.Fatal(err)
		}
		roster, problems := register.ParseOneRoster(file, c.file, reading)
		if problems.Failed() || problems.Warnings != c.warnings {
			t.Errorf("%s: want %d warnings and no error:\n%s", c.file, c.warnings, problems)
		}
		got := []int{len(roster.Institutions), len(roster.Persons), len(roster.Groups), len(roster.Enrolments), len(roster.Guardianships), len(roster.StaffRoles), len(roster.Ended)}
		if want := []int{1, c.persons, c.groups, c.enrolments, c.guardianships, c.staff, c.gone}; !slices.Equal(got, want) {
			t.Errorf("%s: institutions, persons, groups, enrolments, guardianships, staff roles, ended: %v, want %v", c.file, got, want)
		}
		encoded, err := json.Marshal(roster)
		if err != nil {
			t.Fatal(err)
		}
		for what, text := range map[string]string{"roster": fmt.Sprintf("%+v %s", roster, encoded), "problems": problems.String(), "plan": register.Diff(register.State{}, roster).Text()} {
			if strings.Contains(text, "Password1") {
				t.Errorf("%s: a password reached the %s", c.file, what)
			}
		}
		for _, g := range roster.Guardianships {
			if g.Legal || g.ChildSourceID != "usr-222-66778899" || g.GuardianSourceID != "usr-222-1234561" || g.Basis != "parent" {
				t.Errorf("%s: %+v", c.file, g)
			}
		}
	}
}

func manifest(version string, modes ...string) string {
	text := "propertyName,value\noneroster.version," + version + "\n"
	for i := 0; i+1 < len(modes); i += 2 {
		text += "file." + modes[i] + "," + modes[i+1] + "\n"
	}
	return text
}

const (
	orgHeads    = "sourcedId,status,name,type,identifier,parentSourcedId,metadata.institutionKind,metadata.ownership\n"
	userHeads11 = "sourcedId,status,enabledUser,orgSourcedIds,role,userIds,givenName,familyName,email,sms,agentSourcedIds,password,metadata.legalGuardianSourcedIds,metadata.protectedIdentity\n"
	classHeads  = "sourcedId,status,title,classType,schoolSourcedId\n"
	enrolHeads  = "sourcedId,status,classSourcedId,schoolSourcedId,userSourcedId,role,beginDate,endDate\n"
	someOrgs    = orgHeads + "d,,Kommun,district,,,,\ns,active,Skolan,school,S-1,d,,self_governing\nk,active,Ekorren,ext:kindergarten,,d,,\ndep,,Matte,department,,s,,\n"
)

func TestOneRosterBecomesOurWords(t *testing.T) {
	t.Parallel()
	number := adultNumber(t, 1)
	users := userHeads11 +
		"p1,active,true,\"dep,s\",student,,Ida,Lund,,,\"a1,a2,t1\",hemligt,a1,none\n" +
		"p2,active,true,k,student,,Bo,Lund,bo@example.com,+46 70 174 06 06,a1,hemligt,,kode 6\n" +
		"a1,active,true,,guardian,{se.pnr:" + number + "},Eva,Lund,eva@example.com,+46 70 174 06 05,,hemligt,,\n" +
		"a2,active,true,,relative,{LDAP:12},Per,Lund,,,,hemligt,,\n" +
		"t1,active,true,dep,teacher,,Åsa,Ek,,,,hemligt,,\n" +
		"t2,active,false,s,aide,,Olle,Ek,,,,hemligt,,\n" +
		"h1,active,true,d,administrator,,Rut,Ek,,,,hemligt,,\n" +
		"h2,active,true,k,administrator,,Ulf,Ek,,,,hemligt,,\n" +
		"x1,tobedeleted,true,s,student,,Lo,Ek,,,,hemligt,,"
	classes := classHeads + "c1,active,1A,homeroom,dep\nc2,active,Slöjd,scheduled,s\nc3,tobedeleted,1B,homeroom,s\nc4,,Blåbär,,k\n"
	enrol := enrolHeads + "e1,active,c1,s,p1,student,2025-08-18,2026-06-12\ne2,,c2,s,p1,student,,\ne3,,c1,s,t1,teacher,,\ne4,,c3,s,p1,student,,\ne5,,c1,s,x1,student,,\ne6,,c9,s,p1,student,,\n"
	roster, problems := register.ParseOneRoster(zipOf(t, "manifest.csv", manifest("1.1", "orgs", "bulk", "users", "bulk", "classes", "bulk", "enrollments", "bulk", "courses", "bulk"),
		"orgs.csv", someOrgs, "users.csv", users, "classes.csv", classes, "enrollments.csv", enrol), "r.zip", reading)
	if problems.Failed() {
		t.Fatal(problems)
	}
	var institutions, groups, enrolments, relations, roles []string
	for _, i := range roster.Institutions {
		institutions = append(institutions, fmt.Sprint(i.SourceID, " ", i.Kind, " ", i.Ownership))
	}
	for _, g := range roster.Groups {
		groups = append(groups, fmt.Sprint(g.SourceID, " ", g.InstitutionSourceID, " ", g.Kind))
	}
	for _, e := range roster.Enrolments {
		enrolments = append(enrolments, e.Key())
	}
	for _, g := range roster.Guardianships {
		relations = append(relations, fmt.Sprint(g.Key(), " ", g.Legal, " ", g.Basis))
	}
	for _, r := range roster.StaffRoles {
		roles = append(roles, fmt.Sprint(r.Key(), " ", r.GroupSourceIDs))
	}
	for what, c := range map[string][2][]string{
		"institutions": {institutions, {"k kindergarten municipal", "s school self_governing"}},
		"groups":       {groups, {"c1 s class", "c2 s course", "c4 k department"}},
		"enrolments":   {enrolments, {"p1|s|c1", "p1|s|c2", "p2|k|"}},
		"relations":    {relations, {"p1|a1 true guardian", "p1|a2 false relative", "p2|a1 false guardian"}},
		"roles":        {roles, {"h2|k|head []", "t1|s|leader [c1]"}},
	} {
		if !slices.Equal(c[0], c[1]) {
			t.Errorf("%s: %q, want %q", what, c[0], c[1])
		}
	}
	eva, bo := personNamed(t, roster, "Eva Lund"), personNamed(t, roster, "Bo Lund")
	if eva.NationalID.Digits() != number || eva.Mobile != "+46701740605" || eva.Email != "eva@example.com" || bo.Protected != register.ProtectionStrict || bo.Email+bo.Mobile != "" {
		t.Errorf("Eva %+v, Bo %+v", eva, bo)
	}
	if !slices.Equal(roster.Ended, []register.Ref{{Noun: register.NounGroup, Key: "c3"}, {Noun: register.NounPerson, Key: "x1"}}) {
		t.Errorf("ended %v", roster.Ended)
	}
	wantProblem(t, problems, register.SeverityWarning, 7, "classSourcedId", "not in this export")
}

func TestOneRoster12KeepsRolesApart(t *testing.T) {
	t.Parallel()
	users := "sourcedId,status,enabledUser,userIds,givenName,familyName,email,sms,agentSourcedIds\n" +
		"p1,active,true,,Ida,Lund,,,a1\na1,active,true,,Eva,Lund,,,\n"
	roles := "sourcedId,status,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId\n" +
		"r1,active,p1,primary,student,2025-08-18,,s\nr2,active,a1,primary,teacher,2024-01-01,2026-06-12,s\nr3,active,a1,secondary,parent,,,s\nr4,active,a1,secondary,systemAdministrator,,,d\nr5,tobedeleted,a1,secondary,principal,,,s\nr6,active,nobody,primary,principal,,,s\n"
	roster, problems := register.ParseOneRoster(zipOf(t, "manifest.csv", manifest("1.2", "orgs", "bulk", "users", "bulk", "roles", "bulk", "demographics", "bulk"),
		"orgs.csv", someOrgs, "users.csv", users, "roles.csv", roles, "demographics.csv", "sourcedId,status,birthDate\np1,active,2018-03-02\nnobody,,2001-01-01\n"), "r.zip", reading)
	if problems.Failed() {
		t.Fatal(problems)
	}
	if len(roster.StaffRoles) != 1 || roster.StaffRoles[0].Role != register.RoleLeader || roster.StaffRoles[0].Until.IsZero() {
		t.Errorf("staff roles %+v", roster.StaffRoles)
	}
	if len(roster.Guardianships) != 1 || roster.Guardianships[0].Legal || roster.Guardianships[0].Basis != "parent" {
		t.Errorf("a teacher who is also a parent is a guardian, without stated custody: %+v", roster.Guardianships)
	}
	if len(roster.Enrolments) != 1 || roster.Enrolments[0].GroupSourceID != "" || roster.Coverage[register.NounEnrolment] != register.CoveragePartial {
		t.Errorf("without classes a pupil is at the school, and no enrolment ends: %+v, %v", roster.Enrolments, roster.Coverage)
	}
	if child := personNamed(t, roster, "Ida Lund"); child.BirthDate.Format("2006-01-02") != "2018-03-02" {
		t.Errorf("born %v", child.BirthDate)
	}
	if !slices.Contains(roster.Ended, register.Ref{Noun: register.NounStaffRole, Key: "a1|s|head"}) {
		t.Errorf("ended %v", roster.Ended)
	}
}

func TestOneRosterManifestIsRespected(t *testing.T) {
	t.Parallel()
	users := userHeads11 + "p1,active,true,s,student,,Ida,Lund,,,,,,\n"
	for _, c := range []struct {
		name, words string
		parts       []string
	}{
		{"none", "no manifest.csv", []string{"users.csv", users}},
		{"version", "version “1.0”", []string{"manifest.csv", manifest("1.0")}},
		{"word", "“all” about users.csv", []string{"manifest.csv", manifest("1.1", "users", "all")}},
		{"missing file", "names this file, but it is not in the zip", []string{"manifest.csv", manifest("1.1", "users", "bulk", "orgs", "bulk"), "users.csv", users}},
		{"no roles", "needs roles.csv", []string{"manifest.csv", manifest("1.2", "users", "bulk"), "users.csv", users}},
		{"no users", "never taken as", []string{"manifest.csv", manifest("1.1", "users", "bulk"), "users.csv", userHeads11}},
		{"headings", "“givenName” is missing", []string{"manifest.csv", manifest("1.1", "users", "bulk"), "users.csv", "sourcedId,familyName\n"}},
		{"twice", "id is there twice", []string{"manifest.csv", manifest("1.1", "users", "bulk"), "users.csv", users + "p1,active,true,s,student,,Ida,Lund,,,,,,\n"}},
		{"date", "date like", []string{"manifest.csv", manifest("1.1", "enrollments", "delta"), "enrollments.csv", enrolHeads + "e,,c,s,p,student,,soon\n"}},
		{"status", "status has to be", []string{"manifest.csv", manifest("1.1", "users", "bulk"), "users.csv", userHeads11 + "p1,maybe,true,s,student,,Ida,Lund,,,,,,\n"}},
	} {
		roster, problems := register.ParseOneRoster(zipOf(t, c.parts...), "r.zip", reading)
		if !problems.Failed() || !strings.Contains(problems.String(), c.words) || len(roster.Persons) > 0 {
			t.Errorf("%s: want an error that says %q:\n%s", c.name, c.words, problems)
		}
	}
	roster, problems := register.ParseOneRoster(zipOf(t, "manifest.csv", manifest("1.1", "orgs", "bulk", "users", "bulk", "classes", "absent"), "orgs.csv", someOrgs, "users.csv", users, "classes.csv", classHeads+"c,,1A,,s\n"), "r.zip", reading)
	if problems.Failed() || len(roster.Groups) != 0 || !strings.Contains(problems.String(), "calls it absent") {
		t.Errorf("a file that the manifest calls absent was read: %+v\n%s", roster.Groups, problems)
	}
}

func TestOneRosterDeltaEndsOnlyWhatItSays(t *testing.T) {
	t.Parallel()
	first := userHeads11 + "p1,active,true,s,student,,Ida,Lund,,,\"a1,a2\",,,\np2,active,true,s,student,,Bo,Lund,,,a1,,,\na1,active,true,s,parent,,Eva,Lund,,,,,,\n" +
		"a2,active,true,s,parent,,Per,Lund,,,,,,\nt1,active,true,s,teacher,,Rut,Ek,,,,,,\n"
	bulk, problems := register.ParseOneRoster(zipOf(t, "manifest.csv", manifest("1.1", "orgs", "bulk", "users", "bulk"), "orgs.csv", someOrgs, "users.csv", first), "bulk.zip", reading)
	if problems.Failed() {
		t.Fatal(problems)
	}
	second := userHeads11 + "p1,active,true,s,student,,Ida,Lund,,,a1,,,\nt1,active,true,s,aide,,Rut,Ek,,,,,,\np2,tobedeleted,true,s,student,,Bo,Lund,,,a1,,,\n"
	delta, problems := register.ParseOneRoster(zipOf(t, "manifest.csv", manifest("1.1", "users", "delta"), "users.csv", second), "delta.zip", reading)
	if problems.Failed() {
		t.Fatal(problems)
	}
	plan := register.Diff(register.StateOf(bulk), delta)
	var ended []string
	for _, change := range plan.Persons.Ends {
		ended = append(ended, change.Key)
	}
	for _, change := range plan.Guardianships.Ends {
		ended = append(ended, change.Key)
	}
	for _, change := range plan.StaffRoles.Ends {
		ended = append(ended, change.Key)
	}
	for _, change := range plan.Enrolments.Ends {
		ended = append(ended, change.Key)
	}
	if want := []string{"a2", "p2", "p1|a2", "p2|a1", "t1|s|leader", "p2|s|"}; !slices.Equal(ended, want) {
		t.Errorf("ended %q, want %q", ended, want)
	}
	if len(plan.StaffRoles.Creates) != 1 || plan.StaffRoles.Creates[0].Key != "t1|s|employee" || len(plan.Departures) != 1 || len(plan.Unresolved)+len(plan.Guardianships.Updates) != 0 {
		t.Errorf("created %+v, departures %+v, unresolved %+v", plan.StaffRoles.Creates, plan.Departures, plan.Unresolved)
	}
}

func TestIdentityNumbersAsIdsAreRefused(t *testing.T) {
	t.Parallel()
	users := userHeads11 + childNumber(t, 0) + ",active,true,s,student,,Ida,Lund,,,,,,\n" + childNumber(t, 1) + ",active,true,s,student,,Bo,Lund,,,,,,\n"
	_, problems := register.ParseOneRoster(zipOf(t, "manifest.csv", manifest("1.1", "users", "bulk"), "users.csv", users), "r.zip", reading)
	wantProblem(t, problems, register.SeverityError, 0, "", "uses identity numbers as ids")
	number := adultNumber(t, 0)
	_, problems = register.ParseOneRoster(zipOf(t, "manifest.csv", manifest("1.1", "users", "bulk"), "users.csv", userHeads11+number+",active,true,s,teacher,{personnummer:"+number+"},Ida,Lund,,,,,,\n"), "r.zip", reading)
	wantProblem(t, problems, register.SeverityError, 2, "sourcedId", "uses identity numbers as ids")
	refuseDigits(t, problems, number)
}
