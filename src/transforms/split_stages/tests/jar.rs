use super::waits;
use crate::transforms::split_stages::SPLIT_STAGES;
use crate::transforms::testing::{check_in, same};

const POM: (&str, &str) = (
    "pom.xml",
    "<project><artifactId>shop</artifactId><version>1.4.0</version><dependencies><dependency></dependency></dependencies>\
     <build><plugins><plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build></project>",
);
const MAIN: (&str, &str) = ("src/main/java/Main.java", "class Main {}\n");
const FILES: &[(&str, &str)] = &[POM, MAIN];
const CMD: &str = "CMD java -jar target/shop-1.4.0.jar\n";

fn file(before: &str, build: &str, after: &str) -> String {
    format!("FROM maven:3.9-eclipse-temurin-21\nWORKDIR /src\n{before}COPY . .\nRUN {build}\n{after}")
}

fn split(text: &str, lines: &str) -> String {
    let text = text.replacen("temurin-21\n", "temurin-21 AS build\n", 1);
    let at = text.rfind("RUN ").expect("a build");
    let end = at + text[at..].find('\n').expect("a line") + 1;
    format!("{}\nFROM eclipse-temurin:21-jre-noble\n{lines}{}", &text[..end], &text[end..])
}

const COPY: &str = "WORKDIR /src\nCOPY --from=build /src/target/shop-1.4.0.jar ./target/shop-1.4.0.jar\n";

#[test]
fn the_jar_of_maven() {
    let text = file("", "mvn -q package", &format!("# the port\nEXPOSE 8080\n{CMD}"));
    check_in(&SPLIT_STAGES, FILES, &text, &split(&text, COPY));
    let files = [POM, MAIN, ("config/application.yml", ""), ("mvnw", ""), ("README.md", "")];
    let copy = format!("{COPY}COPY --from=build /src/config ./config\n");
    check_in(&SPLIT_STAGES, &files, &text, &split(&text, &copy));
}

#[test]
fn a_jar_that_is_copied_to_a_name_of_its_own() {
    let text = file(
        "",
        "chmod +x mvnw && ./mvnw package -DskipTests && cp target/*.jar /app.jar",
        "ENTRYPOINT [\"java\", \"-jar\", \"/app.jar\"]\n",
    );
    let copy = "WORKDIR /src\nCOPY --from=build /app.jar /app.jar\n";
    check_in(&SPLIT_STAGES, &[POM, MAIN, ("mvnw", "")], &text, &split(&text, copy));
}

#[test]
fn the_jar_of_gradle() {
    let files = [
        ("build.gradle", "plugins {\n  id 'org.springframework.boot' version '3.4.0'\n}\nversion = '1.0'\n"),
        ("settings.gradle", "rootProject.name = 'shop'\n"),
        MAIN,
    ];
    let text =
        file("", "gradle bootJar --no-daemon", "CMD [\"java\", \"-jar\", \"build/libs/shop-1.0.jar\"]\n");
    let text = text.replace("maven:3.9-eclipse-temurin-21", "gradle:8-jdk21");
    let after = text.replacen("jdk21\n", "jdk21 AS build\n", 1).replace("CMD", "\nFROM eclipse-temurin:21-jre-noble\nWORKDIR /src\nCOPY --from=build /src/build/libs/shop-1.0.jar ./build/libs/shop-1.0.jar\nCMD");
    check_in(&SPLIT_STAGES, &files, &text, &after);
}

#[test]
fn ms2_another_jar() {
    waits(FILES, &file("", "mvn package", "CMD java -jar target/other.jar\n"), &["MS2"]);
    waits(FILES, &file("", "mvn package", "CMD java -jar app.jar\n"), &["MS2"]);
    waits(FILES, &file("", "mvn compile", CMD), &["MS2"]);
    waits(FILES, &file("", "mvn package -Pprod", CMD), &["MS2"]);
    waits(FILES, &file("", "mvn package -f other/pom.xml", CMD), &["MS2"]);
    let pom = ("pom.xml", POM.1.replace("1.4.0", "${revision}"));
    waits(&[(pom.0, &pom.1), MAIN], &file("", "mvn package", CMD), &["MS2"]);
}

#[test]
fn ms3_the_jar_is_not_whole() {
    let pom = ("pom.xml", POM.1.replace("spring-boot-maven-plugin", "maven-jar-plugin"));
    waits(&[(pom.0, &pom.1), MAIN], &file("", "mvn package", CMD), &["MS3"]);
    let main = ("src/main/java/Main.java", "import javax.tools.ToolProvider;\n");
    waits(&[POM, main], &file("", "mvn package", CMD), &["MS3"]);
    waits(FILES, &file("RUN apt-get update && apt-get install -y ffmpeg\n", "mvn package", CMD), &["MS3"]);
}

#[test]
fn ms6_ms8_ms14_what_the_program_does() {
    let main = ("src/main/java/Main.java", "new ProcessBuilder(\"git\").start();\n");
    waits(&[POM, main], &file("", "mvn package", CMD), &["MS6"]);
    let main = ("src/main/java/Main.java", "new File(\"src/main/resources/a.txt\");\n");
    waits(&[POM, main], &file("", "mvn package", CMD), &["MS14"]);
    waits(FILES, &file("", "mvn package", "CMD [\"mvn\", \"spring-boot:run\"]\n"), &["MS8"]);
    waits(FILES, &file("ENV JAVA_HOME=/opt/java\n", "mvn package", CMD), &["MS14"]);
}

#[test]
fn another_program_of_java_is_left_alone() {
    same(&SPLIT_STAGES, "FROM maven:3.9-eclipse-temurin-21\nCMD [\"java\", \"-cp\", \"/a\", \"Main\"]\n");
}
