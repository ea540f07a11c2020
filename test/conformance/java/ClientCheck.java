import java.io.File;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.mlflow.api.proto.Service.Experiment;
import org.mlflow.api.proto.Service.FileInfo;
import org.mlflow.api.proto.Service.Metric;
import org.mlflow.api.proto.Service.Run;
import org.mlflow.api.proto.Service.RunInfo;
import org.mlflow.api.proto.Service.RunStatus;
import org.mlflow.tracking.ExperimentsPage;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowClientException;
import org.mlflow.tracking.RunsPage;

/** A run with metrics, params, tags and an artifact through MLflow's Java client; ends non-zero at the first surprise. */
public class ClientCheck {
  static void equal(Object got, Object want, String what) {
    if (!got.equals(want)) throw new AssertionError(what + ": got " + got + ", want " + want);
    System.out.println("ok " + what);
  }

  public static void main(String[] args) throws Exception {
    try (MlflowClient client = new MlflowClient(args[0])) {
      String name = "java-" + System.nanoTime();
      String experiment = client.createExperiment(name);
      equal(client.getExperiment(experiment).getName(), name, "experiment by id");
      Optional<Experiment> found = client.getExperimentByName(name);
      equal(found.get().getExperimentId(), experiment, "experiment by name");
      ExperimentsPage page = client.searchExperiments("name = '" + name + "'");
      equal(page.getItems().size(), 1, "experiments searched");

      RunInfo info = client.createRun(experiment);
      String run = info.getRunId();
      for (int step = 0; step < 10; step++) client.logMetric(run, "loss", 1.0 / (step + 1), 1000 + step, step);
      client.logMetric(run, "acc", 0.9);
      client.logParam(run, "lr", "0.1");
      client.setTag(run, "team", "blau ü");
      client.logBatch(run, List.of(Metric.newBuilder().setKey("batched").setValue(3).setTimestamp(5).setStep(2).build()), null, null);

      Run got = client.getRun(run);
      equal(got.getInfo().getStatus(), RunStatus.RUNNING, "status");
      equal(got.getData().getParamsList().stream().map(p -> p.getKey() + "=" + p.getValue()).collect(Collectors.toList()), List.of("lr=0.1"), "params");
      equal(got.getData().getMetricsList().stream().filter(m -> m.getKey().equals("loss")).findFirst().get().getValue(), 0.1, "latest metric");
      equal(got.getData().getTagsList().stream().anyMatch(t -> t.getKey().equals("team") && t.getValue().equals("blau ü")), true, "tag");
      equal(client.getMetricHistory(run, "loss").size(), 10, "metric history");

      RunsPage runs = client.searchRuns(List.of(experiment), "metrics.loss < 0.5 and params.lr = '0.1'", org.mlflow.api.proto.Service.ViewType.ACTIVE_ONLY, 10, List.of("metrics.loss DESC"));
      equal(runs.getItems().size(), 1, "runs searched");

      File file = Files.createTempDirectory("java-client").resolve("hello.txt").toFile();
      Files.writeString(file.toPath(), "from java");
      client.logArtifact(run, file); // the client hands files to MLflow's command line
      List<FileInfo> files = client.listArtifacts(run);
      equal(files.stream().map(FileInfo::getPath).collect(Collectors.toList()), List.of("hello.txt"), "artifacts listed");
      equal(files.get(0).getFileSize(), (long) "from java".length(), "artifact's size");
      equal(Files.readString(client.downloadArtifacts(run, "hello.txt").toPath()), "from java", "artifact downloaded");

      client.setTerminated(run, RunStatus.FINISHED);
      equal(client.getRun(run).getInfo().getStatus(), RunStatus.FINISHED, "terminated");
      client.deleteRun(run);
      client.restoreRun(run);
      client.renameExperiment(experiment, name + "-new");
      try {
        client.getRun("0".repeat(32));
        throw new AssertionError("an unknown run was found");
      } catch (MlflowClientException refused) {
        System.out.println("ok unknown run refused");
      }
      System.out.println("done");
    }
  }
}
