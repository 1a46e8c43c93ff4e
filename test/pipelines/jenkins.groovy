// Evaluates a Jenkinsfile with words of our own in place of those of Jenkins, and prints what it asks for as JSON. Jenkins runs the same
// version of Groovy; its own check of declarative pipelines is not here.
import groovy.json.JsonOutput

class Words {
  final Map<String, Object> found = [environment: [:], steps: []]
  String stage = null
  String section = null

  Object inside(String name, Closure body) {
    final String before = section
    section = name
    body.delegate = this
    body.resolveStrategy = Closure.DELEGATE_FIRST
    body.call()
    section = before
    return null
  }

  void setProperty(String name, Object value) {
    if (name == 'stage' || name == 'section') { this.@"$name" = value; return }
    if (section != 'environment') throw new MissingPropertyException(name, Words)
    found.environment[name] = value as String
  }

  Object getAny() { return 'any' }
  Object agent(Object where) { found.agent = where; return null }
  Object pipeline(Closure body) { inside('pipeline', body) }
  Object options(Closure body) { inside('options', body) }
  Object parameters(Closure body) { inside('parameters', body) }
  Object environment(Closure body) { inside('environment', body) }
  Object stages(Closure body) { inside('stages', body) }
  Object stage(String name, Closure body) { stage = name; inside('stage', body); stage = null; return null }
  Object steps(Closure body) { inside('steps', body) }
  Object post(Closure body) { inside('post', body) }
  Object always(Closure body) { inside('always', body) }
  Object timeout(Map how) { found.timeout = how; return null }
  Object string(Map how) { found.environment[how.name] = how.defaultValue; return null }

  Object step(String name, Object given) {
    if (!(section in ['steps', 'always'])) throw new IllegalStateException("$name in $section")
    found.steps << [stage: stage, section: section, name: name, given: given]
    return null
  }
  Object sh(Object script) {
    // A string with values written into it is no String: it would be a script made of somebody's text.
    if (!(script instanceof String)) throw new IllegalStateException("sh with values written into it, in $stage")
    step('sh', script)
  }
  Object junit(Map how) { step('junit', how) }
  Object archiveArtifacts(Map how) { step('archiveArtifacts', how) }
}

final Words words = new Words()
final Binding binding = new Binding() {
  Object getVariable(String name) { throw new MissingPropertyException(name, Words) }
}
final Script script = new GroovyShell(binding).parse(new File(args[0]))
script.metaClass.pipeline = { Closure body -> words.pipeline(body) }
script.run()
println JsonOutput.toJson(words.found)
