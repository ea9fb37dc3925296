"""How each real agent is started without a person: the newest versions that the lock files name, each in a home of its own.

An agent is told to read a file. Its provider calls the tool that it offers for that; the agent runs it, sends the result, and prints the answer."""
import json
import os
import subprocess

NOTE = "the gate is open until 7"
PATIENT = 240


class Agent:
    """`tool`: what it offers for reading a file. `arguments`: as that tool wants them, for a path. `begin`: its command and files."""

    tool = "read_file"
    own_models = ()  # a model that this agent may be pointed at in no other way than by its name

    def __init__(self, bin_folder, home, url, key):
        self.bin, self.home, self.url, self.key = bin_folder, home, url, key
        self.note = os.path.join(home, "work", "note.txt")
        os.makedirs(os.path.dirname(self.note))
        with open(self.note, "w", encoding="utf-8") as f:
            f.write(NOTE + "\n")

    def arguments(self):
        return {"file_path": self.note}

    def file(self, path, text):
        path = os.path.join(self.home, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text if isinstance(text, str) else json.dumps(text))

    def program(self, name):
        return os.path.join(self.bin, name)

    def run(self, model, prompt="What does note.txt say? Read it."):
        command, env = self.begin(model, prompt)
        clean = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "TERM")}
        clean["PATH"] = f"{self.bin}:{self.bin}/../../node/bin:{clean['PATH']}"
        done = subprocess.run(command, cwd=os.path.dirname(self.note), env={**clean, "HOME": self.home, **env}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=PATIENT, check=False)
        return done.returncode, done.stdout, done.stderr


class ClaudeCode(Agent):
    tool = "Read"

    def begin(self, model, prompt):
        env = {"ANTHROPIC_BASE_URL": self.url, "ANTHROPIC_API_KEY": self.key, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
        return [self.program("claude"), "-p", prompt, "--model", model, "--allowedTools", "Read"], env


class Codex(Agent):
    tool = "exec_command"

    def arguments(self):
        return {"cmd": f"cat {self.note}"}

    def begin(self, model, prompt):
        self.file(".codex/config.toml", f'model = "{model}"\nmodel_provider = "yuzui"\n[model_providers.yuzui]\nname = "yuzui"\n'
                  f'base_url = "{self.url}/v1"\nenv_key = "YUZUI_KEY"\nwire_api = "responses"\n')
        command = [self.program("codex"), "exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", prompt]
        return command, {"YUZUI_KEY": self.key}


class GeminiCli(Agent):
    def begin(self, model, prompt):
        self.file(".gemini/settings.json", {"security": {"auth": {"selectedType": "gemini-api-key"}}, "privacy": {"usageStatisticsEnabled": False}})
        env = {"GOOGLE_GEMINI_BASE_URL": self.url, "GEMINI_API_KEY": self.key, "GEMINI_CLI_TRUST_WORKSPACE": "true"}
        return [self.program("gemini"), "-m", model, "--yolo", "-p", prompt], env


class QwenCode(Agent):
    def begin(self, model, prompt):
        env = {"OPENAI_BASE_URL": self.url + "/v1", "OPENAI_API_KEY": self.key, "OPENAI_MODEL": model}
        return [self.program("qwen"), "--auth-type", "openai", "--yolo", "-p", prompt], env


class OpenCode(Agent):
    tool = "read"

    def arguments(self):
        return {"filePath": self.note}

    def begin(self, model, prompt):
        self.file("work/opencode.json", {"$schema": "https://opencode.ai/config.json", "autoupdate": False, "share": "disabled", "provider": {
            "yuzui": {"npm": "@ai-sdk/openai-compatible", "name": "yuzui", "options": {"baseURL": self.url + "/v1", "apiKey": self.key},
                      "models": {model: {"name": model}}}}})
        return [self.program("opencode"), "run", "--model", "yuzui/" + model, prompt], {"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1"}


class OpenClaw(Agent):
    tool = "read"

    def arguments(self):
        return {"path": self.note}

    def begin(self, model, prompt):
        self.file(".openclaw/openclaw.json", {
            "models": {"mode": "merge", "providers": {"yuzui": {"baseUrl": self.url + "/v1", "apiKey": self.key, "api": "openai-completions", "models": [
                {"id": model, "name": model, "reasoning": False, "input": ["text"], "contextWindow": 128000, "maxTokens": 8192,
                 "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0}}]}}},
            "agents": {"defaults": {"workspace": os.path.dirname(self.note), "model": {"primary": "yuzui/" + model}}}})
        return [self.program("openclaw"), "agent", "--local", "--agent", "main", "--message", prompt], {"OPENCLAW_SKIP_UPDATE_CHECK": "1"}


class Aider(Agent):
    """Has no tools: it edits a file as the answer says."""

    tool = None
    ANSWER = "note.txt\n```\n<<<<<<< SEARCH\n" + NOTE + "\n=======\nthe gate is shut\n>>>>>>> REPLACE\n```\n"

    def begin(self, model, prompt):
        env = {"OPENAI_API_BASE": self.url + "/v1", "OPENAI_API_KEY": self.key, "AIDER_ANALYTICS_DISABLE": "true"}
        command = [self.program("aider"), "--model", "openai/" + model, "--edit-format", "diff", "--yes-always", "--no-git", "--no-show-model-warnings",
                   "--no-check-update", "--no-analytics", "--no-show-release-notes", "--no-detect-urls", "--message", prompt, "note.txt"]
        return command, env
