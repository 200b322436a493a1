package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// loadCompose reads docker-compose.yml the way docker compose does.
func loadCompose(t *testing.T) *types.Project {
	t.Helper()
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  "../..",
		ConfigFiles: []types.ConfigFile{{Filename: "../../docker-compose.yml"}},
		Environment: types.Mapping{},
	}, func(o *loader.Options) { o.SetProjectName("budstikke", true) })
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestComposeServices(t *testing.T) {
	t.Parallel()
	project := loadCompose(t)
	names := project.ServiceNames()
	slices.Sort(names)
	if want := []string{"api", "migrate", "notify", "postgres", "redis", "sandbox"}; !slices.Equal(names, want) {
		t.Fatalf("services %v, want %v", names, want)
	}
	for _, setting := range []string{"log_min_error_statement=panic", "log_error_verbosity=terse", "log_parameter_max_length=0", "log_parameter_max_length_on_error=0"} {
		if !slices.Contains(project.Services["postgres"].Command, setting) {
			t.Errorf("the log of Postgres may hold rows and statements: no %s (P8)", setting)
		}
	}
	images := map[string]string{"postgres": "postgres:15", "redis": "redis:7"}
	for name, service := range project.Services {
		want, foreign := images[name]
		if !foreign {
			want = "budstikke:local"
			if len(service.Command) == 0 || service.Command[0] != name {
				t.Errorf("%s runs the command %v", name, service.Command)
			}
			if !service.ReadOnly || !slices.Equal(service.CapDrop, []string{"ALL"}) {
				t.Errorf("%s may write to its image or keeps capabilities", name)
			}
		}
		if service.Image != want {
			t.Errorf("%s is made from %s, want %s", name, service.Image, want)
		}
		if name != "migrate" && (service.HealthCheck == nil || len(service.HealthCheck.Test) < 2) {
			t.Errorf("%s has no health check", name)
		}
	}
	for _, name := range []string{"api", "notify"} {
		needs := project.Services[name].DependsOn
		if needs["migrate"].Condition != types.ServiceConditionCompletedSuccessfully || needs["redis"].Condition != types.ServiceConditionHealthy {
			t.Errorf("%s starts before it can work: %v", name, needs)
		}
	}
}

func TestComposeOpensNothingToOtherMachines(t *testing.T) {
	t.Parallel()
	published := map[string]string{}
	for name, service := range loadCompose(t).Services {
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes %s on %q", name, port.Published, port.HostIP)
			}
			published[name] = port.Published
		}
		if service.NetworkMode == "host" || service.Privileged {
			t.Errorf("%s is not contained", name)
		}
	}
	if len(published) != 2 || published["api"] != "8080" || published["sandbox"] != "8090" {
		t.Errorf("published %v, want the API and the sandbox's page only", published)
	}
}

func TestComposeKeepsSecretsInFiles(t *testing.T) {
	t.Parallel()
	project := loadCompose(t)
	for name, secret := range project.Secrets {
		if secret.File == "" || secret.Environment != "" || secret.Content != "" {
			t.Errorf("the secret %s is not a file", name)
		}
	}
	for name, service := range project.Services {
		mounted := map[string]bool{}
		for _, secret := range service.Secrets {
			if _, ok := project.Secrets[secret.Source]; !ok {
				t.Errorf("%s wants the secret %s, which does not exist", name, secret.Source)
			}
			mounted["/run/secrets/"+secret.Source] = true
		}
		for variable, value := range service.Environment {
			if value == nil {
				t.Errorf("%s takes %s from whoever starts it", name, variable)
				continue
			}
			if strings.HasSuffix(variable, "_FILE") {
				if !mounted[*value] {
					t.Errorf("%s reads %s, which is not mounted", name, *value)
				}
				continue
			}
			for _, word := range []string{"PASSWORD", "TOKEN", "KEY", "SECRET", "DATABASE_URL", "REDIS_URL"} {
				if strings.Contains(variable, word) {
					t.Errorf("%s has %s in its environment", name, variable)
				}
			}
		}
	}
}

// TestEverySecretOfComposeIsMade keeps `make compose` and docker-compose.yml together.
func TestEverySecretOfComposeIsMade(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for name := range loadCompose(t).Secrets {
		if !strings.Contains(string(makefile), name) {
			t.Errorf("make compose does not make %s", name)
		}
	}
}
